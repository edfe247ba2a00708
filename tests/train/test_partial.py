import torch
from torch.nn.functional import cross_entropy
from transformers import PreTrainedTokenizerFast
from transformers.modeling_outputs import TokenClassifierOutput

from hasila.data.pieces import Encoder
from hasila.data.types import Report, Span
from hasila.model import LabelSet
from hasila.model.labels import IGNORED
from hasila.train.dataset import training_windows
from hasila.train.partial import PartialLoss

LABELS = LabelSet()
TEXT = "قتل 27 من قسد في حلب"
SPAN = Span(17, 20, "LOCATION")


def codes(tokenizer: PreTrainedTokenizerFast, **meta: object) -> tuple[list[int], torch.Tensor]:
    """The code of each word of the text, and what the codes permit."""
    encoder = Encoder(tokenizer, 60, 0)
    found = training_windows([Report("r", TEXT, (SPAN,), meta=meta)], encoder, LABELS)
    (text,) = encoder.encode([TEXT])
    first, row = 1, []
    for pieces in text.pieces:
        row.append(found.windows[0]["labels"][first])
        first += len(pieces)
    return row, found.permitted


def allowed(permitted: torch.Tensor, code: int) -> set[str]:
    return {tag for tag, may in zip(LABELS.tags, permitted[code], strict=True) if may}


def test_a_plain_report_gives_every_word_its_one_tag(tokenizer: PreTrainedTokenizerFast) -> None:
    row, permitted = codes(tokenizer)
    assert [allowed(permitted, code) for code in row] == [{"O"}] * 5 + [{"B-LOCATION"}]


def test_outside_spans_a_word_may_be_of_an_unannotated_label(
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    row, permitted = codes(tokenizer, unannotated=["NUMBER"])
    assert [allowed(permitted, code) for code in row] == (
        [{"O", "B-NUMBER", "I-NUMBER"}] * 5 + [{"B-LOCATION"}]
    )


def test_each_report_leaves_open_what_it_does_not_annotate(
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    unannotated = (["NUMBER"], ["ACTOR", "PERSON"], ["NUMBER"])  # one is none of our labels
    reports = [Report(str(i), TEXT, meta={"unannotated": u}) for i, u in enumerate(unannotated)]
    found = training_windows(reports, Encoder(tokenizer, 60, 0), LABELS)
    first = [window["labels"][1] for window in found.windows]  # after [CLS]
    assert [allowed(found.permitted, code) for code in first] == [
        {"O", "B-NUMBER", "I-NUMBER"},
        {"O", "B-ACTOR", "I-ACTOR"},
        {"O", "B-NUMBER", "I-NUMBER"},
    ]
    assert len(found.permitted) == len(LABELS.tags) + 2


def test_a_masked_stretch_does_not_reach_the_words_beside_it(
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    row, _ = codes(tokenizer, masked=[[3, 7]])  # from the end of one to the start of the next
    assert [code == IGNORED for code in row] == [False, True, False, False, False, False]


def test_nothing_is_learnt_from_a_masked_stretch_but_its_spans(
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    row, permitted = codes(tokenizer, masked=[[4, 13], [14, 20]])
    assert [code == IGNORED for code in row] == [False, True, True, True, True, False]
    assert allowed(permitted, row[-1]) == {"B-LOCATION"}


def test_with_one_tag_a_word_the_loss_is_cross_entropy() -> None:
    chance = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 5, 7, generator=chance)
    tags = torch.randint(0, 7, (2, 5), generator=chance)
    tags[0, 3:] = IGNORED
    loss = PartialLoss(torch.eye(7, dtype=torch.bool))
    torch.testing.assert_close(
        loss(TokenClassifierOutput(logits=logits), tags),
        cross_entropy(logits.flatten(0, 1), tags.flatten()),
    )
    torch.testing.assert_close(
        loss(TokenClassifierOutput(logits=logits), tags, torch.tensor(20)),
        cross_entropy(logits.flatten(0, 1), tags.flatten(), reduction="sum") / 20,
    )


def test_a_permitted_tag_costs_nothing_and_is_not_pushed_away(
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    row, permitted = codes(tokenizer, unannotated=["NUMBER"])
    logits = torch.zeros(1, 1, 7)
    logits[0, 0, LABELS.tags.index("B-NUMBER")] = 20.0
    logits.requires_grad_()
    loss = PartialLoss(permitted)
    unknown = loss(TokenClassifierOutput(logits=logits), torch.tensor([[row[1]]]))
    unknown.backward()  # type: ignore[no-untyped-call]
    assert unknown.item() < 1e-6
    assert logits.grad is not None
    assert logits.grad.abs().max() < 1e-6
    outside = loss(TokenClassifierOutput(logits=logits), torch.tensor([[0]]))
    assert outside.item() > 19


def test_a_batch_with_nothing_to_learn_has_no_loss() -> None:
    logits = torch.randn(1, 3, 7)
    loss = PartialLoss(torch.eye(7, dtype=torch.bool))
    assert loss(TokenClassifierOutput(logits=logits), torch.full((1, 3), IGNORED)).item() == 0
