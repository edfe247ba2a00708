"""INCEpTION and WebAnno: UIMA CAS XMI, one file a report, with the type system beside it.

Spans are the built-in layer "Named entity", words its tokens, paragraphs its sentences. UIMA counts
UTF-16 units; `cassis` converts both ways. What INCEpTION has no layer for lies in a document-level
layer ``webanno.custom.HasilaRecord`` with a string feature ``json``: a project that has that layer
gives it back on export, others drop it. Needs ``pip install hasila[inception]``.
"""

import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from ..errors import HasilaError
from ..jsonl import Located, dumped, parsed
from ..types import PredictedSpan, Report, Span
from ..words import words
from .common import (
    LARGEST_FILE,
    FileNames,
    Losses,
    new_folder,
    record_beside,
    report_beside,
    whole_bytes,
)

if TYPE_CHECKING:
    from cassis import Cas, TypeSystem

_ENTITY = "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity"
_SPAN = "custom.Span"  # the plain span layer of INCEpTION's project templates
_META = "de.tudarmstadt.ukp.dkpro.core.api.metadata.type.DocumentMetaData"
_TOKEN = "de.tudarmstadt.ukp.dkpro.core.api.segmentation.type.Token"  # noqa: S105 - no password
_SENTENCE = "de.tudarmstadt.ukp.dkpro.core.api.segmentation.type.Sentence"
_RECORD = "webanno.custom.HasilaRecord"
_TYPES = "TypeSystem.xml"

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read_inception(path: Path, losses: Losses) -> Iterator[Located]:
    """The reports of an ``.xmi`` file, an exported ``.zip``, or a folder of ``.xmi`` files.

    Raises:
        HasilaError: a file is no XMI, is larger than memory should hold, or declares entities.
    """
    types: bytes | None = None
    for place, name, data in _members(path):
        if name == _TYPES:
            types = data
        else:
            yield Located(place, 0, _report(place, name, data, types, losses))


def _members(path: Path) -> Iterator[tuple[str, str, bytes]]:
    """Place, name and bytes: the type system first, then the documents by name."""
    if path.suffix == ".zip":
        yield from _zipped(path)
        return
    folder = path if path.is_dir() else path.parent
    types, documents = folder / _TYPES, sorted(path.glob("*.xmi")) if path.is_dir() else [path]
    if not documents:
        raise HasilaError(f"{path}: no .xmi files; export from INCEpTION as UIMA CAS XMI")
    for file in [types, *documents] if types.exists() else documents:
        yield str(file), file.name if file == types else file.stem, whole_bytes(file)


def _zipped(path: Path) -> Iterator[tuple[str, str, bytes]]:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [e for e in archive.infolist() if e.filename.endswith((".xmi", _TYPES))]
            if (size := sum(entry.file_size for entry in entries)) > LARGEST_FILE:
                raise HasilaError(f"{path}: unpacks to {size:,} bytes, more than {LARGEST_FILE:,}")
            if not any(entry.filename.endswith(".xmi") for entry in entries):
                raise HasilaError(f"{path}: holds no .xmi; export as UIMA CAS XMI")
            for entry in sorted(
                entries, key=lambda e: (not e.filename.endswith(_TYPES), e.filename)
            ):
                name = Path(entry.filename).name
                # zipfile reads no more than the size that was summed up above.
                yield f"{path}/{entry.filename}", name.removesuffix(".xmi"), archive.read(entry)
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError) as error:
        raise HasilaError(f"{path}: no readable zip file: {error}") from error


def _report(place: str, name: str, data: bytes, types: bytes | None, losses: Losses) -> Report:
    cas = _loaded(place, data, types)
    text = cas.sofa_string
    if text is None:
        raise HasilaError(f"{place}: no readable UIMA CAS XMI: it holds no text")
    spans = [
        Span(entity.begin, entity.end, label)
        for layer, feature in ((_ENTITY, "value"), (_SPAN, "label"))
        if cas.typesystem.contains_type(layer)
        for entity in cas.select(layer)
        if (label := entity.get(feature)) or _unlabelled(losses)
    ]
    records = cas.select(_RECORD) if cas.typesystem.contains_type(_RECORD) else ()
    record = next((parsed(found.json, place) for found in records if found.json), None)
    return report_beside(text, sorted(spans), record, place, losses, identifier=name)


def _unlabelled(losses: Losses) -> bool:
    losses["spans without a label, left out"] += 1
    return False


def _loaded(place: str, data: bytes, types: bytes | None) -> "Cas":
    cassis = _cassis()
    _refuse_entities(place, data)
    if types is None:
        raise HasilaError(f"{place}: {_TYPES} is missing; keep it beside, as it was exported")
    _refuse_entities(place, types)
    try:
        system = cassis.load_typesystem(io.BytesIO(types))
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            cas: Cas = cassis.load_cas_from_xmi(io.BytesIO(data), system)
    except Exception as error:  # cassis raises whatever its parts raise
        raise HasilaError(f"{place}: no readable UIMA CAS XMI: {error}") from error
    for warning in warned:
        if "offset" in str(warning.message):
            raise HasilaError(f"{place}: wrong offsets: {warning.message}")
    return cas


def _refuse_entities(place: str, data: bytes) -> None:
    """XMI declares no entities; a file that does is made to fill the memory or read other files."""

    def refuse(*_: object) -> None:
        raise HasilaError(f"{place}: declares a document type, which XMI never does; refused")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise HasilaError(f"{place}:{error.lineno}: broken XML: {error}") from error


def write_inception(
    path: Path,
    reports: Iterable[Report],
    losses: Losses,  # noqa: ARG001
    model: str | None = None,
) -> int:
    """Write a new folder of ``.xmi`` files and their type system; return how many reports.

    With a ``model``, entities carry it and their ``confidence``, for projects whose named-entity
    layer has these features.

    Raises:
        HasilaError: the folder exists and is not empty, or a text holds what XML cannot.
    """
    names, total = FileNames(), 0
    system = _type_system()
    with new_folder(path) as folder:
        system.to_xml(folder / _TYPES)
        for report in reports:
            _cas(report, system, model).to_xmi(folder / f"{names.name(report)}.xmi")
            total += 1
    return total


def _cas(report: Report, system: "TypeSystem", model: str | None) -> "Cas":
    record = dumped(record_beside(report))
    if bad := _NOT_XML.search(report.text + record):
        raise HasilaError(f"report {report.id}: XML cannot hold the character U+{ord(bad[0]):04X}")
    cas: Cas = _cassis().Cas(system)
    cas.sofa_string, cas.sofa_mime = report.text, "text/plain"
    make = {name: system.get_type(name) for name in (_META, _TOKEN, _SENTENCE, _ENTITY, _RECORD)}
    cas.add(
        make[_META](begin=0, end=len(report.text), documentId=report.id, documentTitle=report.id)
    )
    cas.add(make[_RECORD](json=record))
    for start, end in words(report.text):
        cas.add(make[_TOKEN](begin=start, end=end))
    for line in re.finditer(r"\S[^\r\n]*", report.text):
        cas.add(make[_SENTENCE](begin=line.start(), end=line.end()))
    for span in report.spans:
        extra: dict[str, Any] = {}
        if model is not None and isinstance(span, PredictedSpan):
            extra = {"model": model, "confidence": span.confidence}
        cas.add(make[_ENTITY](begin=span.start, end=span.end, value=span.label, **extra))
    return cas


def _type_system() -> "TypeSystem":
    """The layers that are written."""
    cassis = _cassis()
    system: TypeSystem = cassis.TypeSystem()
    for name, parent, features in (
        (
            _META,
            "uima.tcas.DocumentAnnotation",
            {"documentId": "String", "documentTitle": "String"},
        ),
        (_TOKEN, "uima.tcas.Annotation", {}),
        (_SENTENCE, "uima.tcas.Annotation", {}),
        (
            _ENTITY,
            "uima.tcas.Annotation",
            {"value": "String", "model": "String", "confidence": "Double"},
        ),
        (_RECORD, "uima.cas.AnnotationBase", {"json": "String"}),
    ):
        made = system.create_type(name, parent)
        for feature, kind in features.items():
            system.create_feature(made, feature, f"uima.cas.{kind}")
    return system


def _cassis() -> Any:
    try:
        import cassis  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise HasilaError(
            "INCEpTION's format needs dkpro-cassis: pip install 'hasila[inception]'"
        ) from error
    return cassis
