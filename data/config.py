"""Configs of every kind: one short YAML, typed and strict.

Everything is checked before anything is loaded, and all problems come in one message.
"""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from .errors import HasilaError

SHIPPED_CONFIGS = Path(__file__).parent.parent / "configs"
SHIPPED_REPORTS = Path(__file__).parent / "reports"


def _number(value: object) -> object:
    # YAML 1.1 reads 3e-5, without a point, as a string.
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value


Number = Annotated[float, BeforeValidator(_number)]
Rate = Annotated[Number, Field(gt=0, lt=1)]
Fraction = Annotated[Number, Field(ge=0, lt=1)]


class Section(BaseModel, extra="forbid", strict=True, frozen=True):
    """A part of a config: no unknown keys, no silent conversions, never changed."""


AnyConfig = TypeVar("AnyConfig", bound=Section)


def read_config(
    kind: type[AnyConfig], path: str | Path, shipped: Path, overrides: Sequence[str] = ()
) -> AnyConfig:
    """Read a config file, or a shipped one by its bare name, and apply ``section.key=value``.

    Args:
        kind: what the file describes.
        path: the file, or the name of one in ``shipped``.
        shipped: the folder in which the shipped configs of this kind lie.
        overrides: each sets one key to a YAML value.

    Raises:
        HasilaError: all that is wrong with it, in one message.
    """
    path, tree = read_tree(kind, path, shipped)
    for override in overrides:
        _set(tree, override)
    return checked(kind, tree, f"{path} with --set" if overrides else str(path))


def read_tree(kind: type[Section], path: str | Path, shipped: Path) -> tuple[Path, dict[str, Any]]:
    """The file that `read_config` reads, and what it says, not yet checked.

    Raises:
        HasilaError: there is no such file, or it holds no keys.
    """
    path = Path(path)
    named = shipped / f"{path}.yaml"
    if len(path.parts) == 1 and not path.is_file() and named.exists():
        path = named
    try:
        tree = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        names = ", ".join(sorted(file.stem for file in shipped.glob("*.yaml")))
        raise HasilaError(f"{path}: {error.strerror}; name a file, or one of {names}") from error
    except UnicodeDecodeError as error:
        raise HasilaError(f"{path}: not UTF-8 (byte {error.start}); save it as UTF-8") from error
    except yaml.YAMLError as error:
        raise HasilaError(f"{path}: not valid YAML: {error}") from error
    if not isinstance(tree, dict):
        keys = ", ".join(f"{key}:" for key in list(kind.model_fields)[:4])
        raise HasilaError(f"{path}: expected keys such as {keys}")
    return path, tree


def checked(kind: type[AnyConfig], tree: Mapping[str, Any], source: str) -> AnyConfig:
    """The config that a tree of keys and values makes.

    Args:
        kind: what it describes.
        tree: the keys and values.
        source: where they were found, for the message.

    Raises:
        HasilaError: all that is wrong with it, in one message.
    """
    try:
        return kind.model_validate(tree)
    except ValidationError as error:
        problems = _problems(kind, error)
        raise HasilaError("\n  - ".join([f"{source}: cannot be used:", *problems])) from None


def _set(tree: dict[str, Any], override: str) -> None:
    key, equals, value = override.partition("=")
    *sections, last = key.strip().split(".")
    if not equals or not last:
        raise HasilaError(f"--set {override}: expected section.key=value")
    for section in sections:
        tree = tree.setdefault(section, {})
        if not isinstance(tree, dict):
            raise HasilaError(f"--set {override}: {section} has no keys below it")
    try:
        tree[last] = yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise HasilaError(f"--set {override}: the value is not valid YAML: {error}") from error


def _problems(kind: type[BaseModel], error: ValidationError) -> Iterator[str]:
    keys = dict(_keys(kind))
    for problem in error.errors():
        where = ".".join(map(str, problem["loc"]))
        if problem["type"] == "extra_forbidden":
            near = difflib.get_close_matches(str(problem["loc"][-1]), [*keys.values()], n=1)
            above = where.rpartition(".")[0]  # where one of several of a name is likelier meant
            alike = sorted(
                (path.rpartition(".")[0] != above, path)
                for path, name in keys.items()
                if name in near
            )
            nearest = alike[0][1] if alike else None
            yield f"{where}: no such key" + (f"; did you mean {nearest}?" if nearest else "")
        elif problem["type"] == "missing":
            yield f"{where}: is missing"
        else:
            message = problem["msg"].removeprefix("Value error, ").replace("Input should", "should")
            found = problem["input"]
            shown = "" if isinstance(found, Mapping) else f", found {found!r}"
            yield f"{where}: {message}{shown}" if where else f"{message}{shown}"


def _keys(model: type[BaseModel], above: str = "") -> Iterator[tuple[str, str]]:
    for name, field in model.model_fields.items():
        yield f"{above}{name}", name
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _keys(field.annotation, f"{above}{name}.")
