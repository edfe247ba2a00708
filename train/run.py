"""One training run: from a config to a checkpoint, resumable after any interruption."""

import json
import shutil
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from accelerate import PartialState
from rich.console import Console
from torch.utils.tensorboard import SummaryWriter
from transformers import TrainingArguments
from transformers.integrations.integration_utils import TensorBoardCallback
from transformers.trainer_callback import PrinterCallback
from transformers.trainer_utils import set_seed

from ..data import read_located, require_clean
from ..data.config import SHIPPED_REPORTS, checked
from ..data.errors import HasilaError, counted
from ..data.files import atomic_text, some
from ..data.pieces import Encoder
from ..data.types import Report
from ..data.words import words
from ..eval import calibrate, score_cases
from ..model.checkpoint import METADATA, Metadata, read_metadata, save_checkpoint
from ..model.extractor import Extractor
from ..model.hardware import best_batch_pieces, best_device, has_fast_bf16, keep_freed_memory
from ..model.labels import LabelSet
from ..model.ranges import usual_ranges
from .callbacks import EarlyStopping, ProgressBar, stopped_early
from .config import Config
from .curve import draw_curve
from .dataset import Collator, training_windows
from .folder import Say, begin_run, plain, resume_point, silent
from .partial import PartialLoss
from .provenance import encoder_weights, hashes, provenance
from .tagger import load_tagger, window_limit
from .trainer import METRIC, TaggerTrainer

_NOTHING_TO_FIND = (
    "warning: the dev reports have no spans, so no epoch can be better than the first: "
    "it is the one that is kept"
)
_NOTHING_LEARNED = (
    "warning: this tagger finds no span of the dev reports. Too high a rate makes an encoder "
    "collapse onto `O`, on short texts sooner: train with a third of train.learning_rate, or "
    "for more epochs"
)


def train(
    config: Config,
    *,
    resume: bool = False,
    console: Console | None = None,
    reports: Mapping[str, Sequence[Report]] | None = None,
    labels: LabelSet | None = None,
) -> Metadata:
    """Fine-tune a tagger and leave a checkpoint in ``config.output``.

    The reports pass the gate first. Each epoch is scored on the dev reports; the best one becomes
    the checkpoint. An interrupted run goes on with ``resume`` from its last complete epoch and ends
    with the weights an uninterrupted run ends with; a complete one is left as it is. Either must
    have the same config, and files that hold the same.

    Args:
        config: the run.
        resume: go on with an interrupted run.
        console: where progress is shown; stderr by default.
        reports: ``train`` and ``dev`` of another corpus, for which our gate does not speak;
            the config's files are then only named and hashed.
        labels: of that corpus; ours by default.

    Returns:
        The checkpoint's metadata, with the dev scores.

    Raises:
        HasilaError: the reports have errors or no words, the encoder cannot be loaded, the run
            folder holds another run.
    """
    console = console or Console(stderr=True)
    # Without `cpu`, processes launched on a machine without GPUs would not find each other.
    process = PartialState(cpu=best_device().type == "cpu")
    say = plain(console) if process.is_main_process else silent
    output = Path(config.output).resolve()
    files = {
        split: [
            SHIPPED_REPORTS / f"{split}.jsonl" if name == "shipped" else Path(name)
            for name in names
        ]
        for split, names in (("train", config.data.train), ("dev", config.data.dev))
    }
    data = hashes([*chain(*files.values()), *encoder_weights(config.model.encoder)])
    last = resume_point(output, config, data, METADATA, resume=resume, say=say)
    process.wait_for_everyone()
    if (output / METADATA).exists():
        say(f"{output}: this run is complete, nothing to resume")
        return read_metadata(output)
    if reports is None:
        reports = _clean(files, say)
    for split, paths in files.items():
        if not any(words(report.text) for report in reports[split]):
            raise HasilaError(f"{split}: no report with words in {', '.join(map(str, paths))}")
    has_spans = any(report.spans for report in reports["dev"])
    if not has_spans:
        say(_NOTHING_TO_FIND)

    keep_freed_memory()
    set_seed(config.train.seed)
    model, tokenizer = load_tagger(config.model, labels or LabelSet())
    model.get_input_embeddings().requires_grad_(not config.train.freeze_embeddings)
    limit = window_limit(config.model.window_pieces, model, tokenizer)
    metadata = Metadata(window_pieces=limit, stride=config.model.stride)
    encoder = Encoder(tokenizer, limit, config.model.stride)
    windows = training_windows(reports["train"], encoder, LabelSet.of(model.config))
    say(f"train: {counted(len(reports['train']), 'report')}, {windows.describe()}")
    special = len(encoder.prefix) + len(encoder.suffix)
    bar = ProgressBar(console)
    if process.is_main_process:
        begin_run(output, config, data)
    trainer = TaggerTrainer(
        settings=config.train,
        # The model is still on the CPU: the Trainer moves it.
        extractor=Extractor(
            model, tokenizer, metadata, batch_pieces=best_batch_pieces(best_device())
        ),
        windows=windows.windows,
        dev=reports["dev"],
        args=_arguments(config, output),
        data_collator=Collator(tokenizer.pad_token_id, limit + special),
        compute_loss_func=PartialLoss(windows.permitted),
        callbacks=[EarlyStopping(config.train.patience), bar],
    )
    trainer.remove_callback(PrinterCallback)
    if process.is_main_process:
        board = SummaryWriter(str(output / "tensorboard"))
        trainer.add_callback(TensorBoardCallback(board))  # type: ignore[no-untyped-call]
    with bar:
        _fit(trainer, last, config.train.patience)
    metadata = _judged(trainer, provenance(config.model_dump(mode="json"), data))
    if has_spans and metadata.scores["dev"]["micro"]["f1"] == 0:
        say(_NOTHING_LEARNED)
    if process.is_main_process:
        history = trainer.state.log_history
        draw_curve(history, output / "learning_curve.png")
        with atomic_text(output / "history.jsonl") as stream:
            stream.writelines(json.dumps(entry) + "\n" for entry in history)
        save_checkpoint(output, trainer.extractor.model, tokenizer, metadata)
        shutil.rmtree(output / "checkpoints", ignore_errors=True)
    process.wait_for_everyone()
    return metadata


def _judged(trainer: TaggerTrainer, made_of: dict[str, Any]) -> Metadata:
    """The metadata of the trained model: what it was made of, how good and how sure it is."""
    extractor, cases = trainer.extractor, trainer.dev_cases()
    scores = score_cases(cases)
    calibration = calibrate(cases)
    extractor.metadata = extractor.metadata.model_copy(
        update={
            "temperature": calibration.temperature if calibration else 1.0,
            "provenance": made_of,
            "scores": {"dev": scores.to_dict()},
        }
    )
    ranges = usual_ranges(extractor, [report.text for report in trainer.dev])
    return extractor.metadata.model_copy(update={"ranges": ranges})


def _clean(files: Mapping[str, Sequence[Path]], say: Say) -> dict[str, list[Report]]:
    """The reports of each split, once all of them have passed the gate together."""
    warnings = require_clean(
        located
        for paths in files.values()
        for path in paths
        for located in some(read_located(path), path)
    )
    for kind, count in sorted(warnings.items()):
        say(f"warning: {kind}: {count:,} (see `hasila check`)")
    return {
        split: [located.report for path in paths for located in read_located(path)]
        for split, paths in files.items()
    }


def _arguments(config: Config, output: Path) -> TrainingArguments:
    settings, device = config.train, best_device()
    fast = has_fast_bf16(device)
    return TrainingArguments(
        output_dir=str(output / "checkpoints"),
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=settings.batch_size,
        gradient_accumulation_steps=settings.accumulate,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=settings.warmup,
        max_grad_norm=settings.clip,
        seed=settings.seed,
        bf16=fast if settings.precision == "auto" else settings.precision == "bf16",
        use_cpu=device.type == "cpu",
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=1,
        load_best_model_at_end=True,
        metric_for_best_model=METRIC,
        greater_is_better=True,
        logging_steps=10,
        include_num_input_tokens_seen="non_padding",
        dataloader_pin_memory=device.type == "cuda",
        remove_unused_columns=False,
        report_to="none",
        disable_tqdm=True,
    )


def _fit(trainer: TaggerTrainer, last: Path | None, patience: int) -> None:
    """Train, or go on from a checkpoint; what stays in the model is the best epoch."""
    if last is not None:
        state = json.loads((last / "trainer_state.json").read_text("utf-8"))
        if stopped_early(state["log_history"], patience):
            # Interrupted after the last epoch: the Trainer would begin one more.
            trainer.args.num_train_epochs = state["epoch"]
    trainer.train(resume_from_checkpoint=None if last is None else str(last))


def train_seeds(
    config: Config, seeds: Sequence[int], *, resume: bool = False, console: Console | None = None
) -> dict[int, float]:
    """Train once a seed, each into its own folder below ``config.output``.

    With ``resume``, complete runs are taken as they are; the others go on, or begin.

    Returns:
        The strict micro F1 on the dev reports of each seed.

    Raises:
        HasilaError: as `train`; or a seed is none.
    """
    runs = {}
    for seed in seeds:
        tree = config.model_dump() | {"output": str(Path(config.output) / f"seed-{seed}")}
        tree["train"] |= {"seed": seed}
        runs[seed] = checked(Config, tree, f"seed {seed}")
    found = {seed: train(run, resume=resume, console=console) for seed, run in runs.items()}
    return {seed: metadata.scores["dev"]["micro"]["f1"] for seed, metadata in found.items()}
