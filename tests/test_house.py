"""The house holds: rooms import one way, and what is built is what lies in the tree."""

import ast
import doctest
import importlib
import importlib.util
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

MAY_IMPORT = {
    "configs": set(),
    "data": set(),
    "model": {"data"},
    "eval": {"data", "model"},
    "predict": {"data", "model"},
    "train": {"configs", "data", "model", "eval"},
    "scripts": {"configs", "data", "model", "eval", "predict", "train"},
}
NOT_SHIPPED = {f"data/reports/{name}" for name in ("MARKUP.md", "README.md", "batches", "double")}
"""What the shipped reports are made from, and how: for those who work on them, not with them."""


def sources(room: str = "") -> Iterator[Path]:
    """The Python files of one room, or of all."""
    for folder in [room] if room else sorted(MAY_IMPORT):
        yield from sorted((ROOT / folder).rglob("*.py"))


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(("hasila", *parts)).removesuffix(".__init__")


def imported(path: Path) -> Iterator[str]:
    """The full names of the modules and attributes that a file imports, at its top or later."""
    package = module_name(path) if path.name == "__init__.py" else module_name(path.parent)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            target = "." * node.level + (node.module or "")
            base = importlib.util.resolve_name(target, package)
            yield from (f"{base}.{name.name}" for name in node.names)


@pytest.mark.parametrize("room", sorted(MAY_IMPORT))
def test_rooms_import_one_way(room: str) -> None:
    allowed = MAY_IMPORT[room] | {room}
    wrong = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources(room)
        for name in imported(path)
        if name.startswith("hasila.") and name.split(".")[1] not in allowed
    }
    assert not wrong


@pytest.mark.parametrize("room", sorted(MAY_IMPORT))
def test_a_room_refuses_its_bare_name(room: str) -> None:
    spec = importlib.util.spec_from_file_location(room, ROOT / room / "__init__.py")
    assert spec is not None
    assert spec.loader is not None
    with pytest.raises(ImportError, match=rf"hasila\.{room}"):
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


def test_every_folder_of_python_files_is_a_package() -> None:
    folders = {path.parent.relative_to(ROOT) for path in sources()}
    packages = {f"hasila.{'.'.join(folder.parts)}" for folder in folders}
    assert packages == set(PROJECT["tool"]["setuptools"]["packages"])
    assert {Path(folder) for folder in PROJECT["tool"]["setuptools"]["package-dir"].values()} == (
        folders
    )


def test_type_checkers_see_every_room() -> None:
    links = {link.name: link.resolve() for link in (ROOT / ".typing/hasila").iterdir()}
    assert links == {room: ROOT / room for room in MAY_IMPORT}
    assert all((ROOT / room / "py.typed").is_file() for room in MAY_IMPORT)


def asked(*extras: str) -> list[Requirement]:
    """What the package asks for, with some of its extras."""
    lines = list(PROJECT["project"]["dependencies"])
    for extra in extras:
        lines += PROJECT["project"]["optional-dependencies"][extra]
    return [Requirement(line) for line in lines]


def test_every_dependency_is_pinned() -> None:
    pins = {
        canonicalize_name(pin.name): next(iter(pin.specifier)).version
        for pin in map(Requirement, (ROOT / "constraints.txt").read_text().splitlines())
    }
    unpinned = [
        str(wanted)
        for wanted in asked(*PROJECT["project"]["optional-dependencies"])
        if not wanted.specifier.contains(pins.get(canonicalize_name(wanted.name), "0"))
    ]
    assert not unpinned, "run `make constraints`"


def test_what_is_imported_is_asked_for() -> None:
    extras = set(PROJECT["project"]["optional-dependencies"]) - {"dev"}
    known = {canonicalize_name(wanted.name) for wanted in asked(*extras)}
    homes = packages_distributions()
    unasked = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources()
        for name in imported(path)
        if (top := name.split(".")[0]) not in {"hasila", *sys.stdlib_module_names}
        and not known & {canonicalize_name(home) for home in homes.get(top, [top])}
    }
    assert not unasked, "it is here because something else asks for it, and may go with that"


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names in the wheel, built as an installer would from a source distribution.

    It is built from a copy, because setuptools also packs what older builds left in ``build/``.
    """
    folder = tmp_path_factory.mktemp("house")
    tree, built = folder / "tree", folder / "built"
    for room in MAY_IMPORT:
        shutil.copytree(ROOT / room, tree / room, ignore=shutil.ignore_patterns("__pycache__"))
    for weights in tree.rglob("*.safetensors"):
        weights.write_bytes(b"")  # names are compared, and 60 MB take long to pack twice
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, tree)
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(built), str(tree)]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    (archive,) = built.glob("*.whl")
    with zipfile.ZipFile(archive) as names:
        return set(names.namelist())


def test_the_wheel_is_the_tree(wheel: set[str]) -> None:
    tree = {
        path.relative_to(ROOT).as_posix()
        for room in MAY_IMPORT
        for path in (ROOT / room).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    shipped = {f"hasila/{name}" for name in tree if not belongs_to(NOT_SHIPPED, name)}
    assert {name for name in wheel if ".dist-info/" not in name} == shipped


def belongs_to(places: set[str], name: str) -> bool:
    return any(name == place or name.startswith(f"{place}/") for place in places)


def test_the_wheel_carries_its_licences(wheel: set[str]) -> None:
    licences = {name.split(".dist-info/")[1] for name in wheel if "/licenses/" in name}
    assert licences == {"licenses/LICENSE", "licenses/NOTICE"}
    assert "hasila/model/encoder/LICENSE" in wheel


@pytest.mark.parametrize(
    "module", [module_name(path) for path in sources() if ">>> " in path.read_text()]
)
def test_doctests(module: str) -> None:
    result = doctest.testmod(importlib.import_module(module))
    assert result.attempted, "an example stands where doctest does not look"
    assert not result.failed
