import torch
from espnet2.asr.decoder.transformer_decoder import TransformerDecoder
from torch.nn import functional as F

from espnet_soups.model.ctc_heads import CTCHeads
from espnet_soups.model.translation_heads import TranslationHeads


def test_ctc_loss_of_each_language_is_that_of_its_head() -> None:
    torch.manual_seed(0)
    heads = CTCHeads(["en", "fr"], 6, 5)
    h, frames = torch.randn(3, 9, 6), torch.tensor([9, 7, 8])
    text, lengths = torch.tensor([[1, 2, -1], [3, 3, 4], [2, -1, -1]]), torch.tensor([2, 3, 1])
    losses, counts = heads(h, frames, {"en": torch.tensor([0]), "fr": torch.tensor([1, 2])}, text, lengths)
    for row, language in enumerate(["en", "fr", "fr"]):
        log_probs = heads.heads[language](h[row, : frames[row]]).log_softmax(-1)
        expected = F.ctc_loss(log_probs[:, None], text[row : row + 1, : lengths[row]], frames[row : row + 1],
                              lengths[row : row + 1], reduction="sum")  # fmt: skip
        assert torch.allclose(losses[row], expected, rtol=1e-5)
    assert counts.tolist() == [2, 3, 1]


def test_ctc_leaves_out_what_cannot_be_aligned() -> None:
    heads = CTCHeads(["en"], 6, 5)
    # Two equal neighbours need a blank between them: 3 tokens with one repeat need 4 frames.
    text, lengths = torch.tensor([[1, 1, 2], [1, 2, 3]]), torch.tensor([3, 3])
    h = torch.randn(2, 3, 6, requires_grad=True)
    losses, counts = heads(h, torch.tensor([3, 3]), {"en": torch.tensor([0, 1])}, text, lengths)
    assert counts.tolist() == [0, 3]
    (gradient,) = torch.autograd.grad(losses.sum(), h)
    assert gradient[0].abs().sum() == 0
    assert gradient[1].abs().sum() > 0


def test_translation_loss_is_per_target_token_with_end() -> None:
    torch.manual_seed(0)
    decoder = TransformerDecoder(6, 8, attention_heads=2, linear_units=16, num_blocks=1).eval()
    heads = TranslationHeads({"shared": decoder}, ["fr-en"], eos=5, label_smoothing=0.0)
    h, frames = torch.randn(2, 4, 8), torch.tensor([4, 3])
    text, lengths = torch.tensor([[1, 2, 3], [4, -1, -1]]), torch.tensor([3, 1])
    losses, counts, right = heads(h, frames, {"fr-en": torch.tensor([0, 1])}, text, lengths)
    assert counts.tolist() == [4, 2]
    for row, words in enumerate([[1, 2, 3], [4]]):
        read, wanted = torch.tensor([[5, *words]]), torch.tensor([*words, 5])
        logits, _ = decoder(h[row : row + 1, : frames[row]], frames[row : row + 1], read, torch.tensor([len(wanted)]))
        assert torch.allclose(losses[row], F.cross_entropy(logits[0], wanted, reduction="sum"), rtol=1e-5)
        assert right[row] == (logits[0].argmax(-1) == wanted).sum()
