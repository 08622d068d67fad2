"""The model card: what a person wants to know before using a model, in the Hugging Face Hub's form."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

_CITATION = """@inproceedings{saif2025objective,
  title     = {Objective Soups: Multilingual Multi-Task Modeling for Speech Processing},
  author    = {Saif, A F M and Chen, Lisha and Cui, Xiaodong and Lu, Songtao and Kingsbury, Brian and Chen, Tianyi},
  booktitle = {Advances in Neural Information Processing Systems},
  year      = {2025},
  note      = {arXiv:2508.09228}
}"""


def model_card(facts: Mapping[str, Any], results: str | None) -> str:
    """Write the card.

    Args:
        facts: see :func:`espnet_soups.zoo.facts.collect_facts`.
        results: the page ``RESULTS.md``, or None if the model was not scored.
    """
    parts = [_front_matter(facts), f"# {facts['name']}\n", _summary(facts), _usage(facts), _data(facts)]
    parts += [_soup(facts), _sizes(facts), _results(results), _licence(facts)]
    parts.append(f"## Citation\n\n```bibtex\n{_CITATION}\n```\n")
    return "\n".join(parts)


def _front_matter(facts: Mapping[str, Any]) -> str:
    languages = {*facts["asr_langs"], *(part for pair in facts["st_pairs"] for part in pair.split("-"))}
    tags = ["espnet", "audio", "objective-soups"]
    tags += ["automatic-speech-recognition"] if facts["asr_langs"] else []
    tags += ["speech-translation"] if facts["st_pairs"] else []
    matter: dict[str, Any] = {"language": sorted(languages), "library_name": "espnet", "tags": tags}
    if facts["asr_langs"]:
        matter["pipeline_tag"] = "automatic-speech-recognition"
    if facts["licence"]:
        matter["license"] = facts["licence"]
    return f"---\n{yaml.safe_dump(matter, sort_keys=False)}---\n"


def _summary(facts: Mapping[str, Any]) -> str:
    lines = []
    if facts["asr_langs"]:
        lines.append(f"- Recognises: {', '.join(facts['asr_langs'])}")
    if facts["st_pairs"]:
        lines.append(f"- Translates: {', '.join(facts['st_pairs'])}")
    if choice := facts["language_choice"]:
        lines.append(
            f"- Tells the language by itself: right for {100 * choice['accuracy']:.1f} % of {choice['utterances']} "
            f"validation utterances, with a mean confidence of {100 * choice['confidence']:.1f} %"
        )
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    lines += [f"- Weights: `{facts['weights']}`, seed {facts['seed']}", f"- Made with: {versions}"]
    return "\n".join(lines) + "\n"


def _usage(facts: Mapping[str, Any]) -> str:
    """Commands for the first pair, or the first language."""
    pairs = facts["st_pairs"]
    lang, _, target = pairs[0].partition("-") if pairs else (facts["asr_langs"][0], "", "")
    code = ["from espnet_soups import Speech2Text", "", 'model = Speech2Text.from_pretrained("model.zip")']
    request = f'model("speech.wav", lang="{lang}"' + (f', translate_to="{target}")' if target else ")")
    code.append(f"result = {request}")
    code.append("print(result.text" + (", result.translation.text)" if target else ")"))
    shell = f"soups transcribe model.zip speech.wav --lang {lang}" + (f" --translate_to {target}" if target else "")
    return "\n".join(["## Use", "", "```python", *code, "```", "", "```sh", shell, "```", ""])


def _data(facts: Mapping[str, Any]) -> str:
    lines = ["## Data", ""]
    for corpus in facts["corpora"]:
        lines += [f"{corpus['name']} ({corpus['source']}); licence of the data: {corpus['licence']}", ""]
    rows = [
        [split, lang, *(str(row[key]) for key in ("utterances", "transcribed", "translated")), f"{row['hours']:.2f}"]
        for split, languages in facts["data"].items()
        for lang, row in languages.items()
    ]
    if rows:
        lines += _table(["set", "language", "utterances", "transcribed", "translated", "hours"], rows, 2)
    return "\n".join(lines) + "\n"


def _soup(facts: Mapping[str, Any]) -> str:
    # By way of JSON, so that YAML shares nothing between the parts and writes no aliases.
    soup = yaml.safe_dump(json.loads(json.dumps(facts["soup"])), sort_keys=False, allow_unicode=True)
    return f"## Soup\n\nObjectives: {', '.join(facts['objectives'])}\n\n```yaml\n{soup}```\n"


def _sizes(facts: Mapping[str, Any]) -> str:
    rows = [[part, f"{count:,}"] for part, count in facts["parameters"].items()]
    return "\n".join(["## Size", "", *_table(["part", "parameters"], rows, 1)]) + "\n"


def _results(results: str | None) -> str:
    if results is None:
        return "## Results\n\nThis model was not scored.\n"
    body = re.sub(r"\A# Results\n", "", results)
    return "## Results\n" + re.sub(r"^#", "##", body, flags=re.MULTILINE)


def _licence(facts: Mapping[str, Any]) -> str:
    given = facts["licence"]
    text = f"This model: {given}." if given else "Nobody has said under which licence this model may be used."
    return f"## Licence\n\n{text}\n"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], texts: int) -> list[str]:
    """A Markdown table whose first ``texts`` columns are texts, the others numbers."""
    marks = [":--"] * texts + ["--:"] * (len(head) - texts)
    return [f"| {' | '.join(row)} |" for row in (head, marks, *rows)]
