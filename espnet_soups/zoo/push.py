"""Uploading a packed model to the Hugging Face Hub, and announcing it in ESPnet's model zoo."""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from espnet_soups.errors import UserError
from espnet_soups.zoo.bundle import Bundle

_REPOSITORY = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")
_TASKS = {(True, True): "asr_st", (True, False): "asr", (False, True): "st"}


@dataclass(frozen=True, slots=True)
class Upload:
    """What goes where."""

    bundle: Bundle
    repository: str
    """``owner/name``."""
    private: bool = False

    def files(self) -> dict[str, int]:
        """Names and bytes of the files."""
        folder = self.bundle.folder
        found = sorted(path for path in folder.rglob("*") if path.is_file())
        names = {path.relative_to(folder).as_posix(): path.stat().st_size for path in found}
        return {name: size for name, size in names.items() if not name.startswith(".")}


def plan_upload(bundle: Bundle, repository: str, private: bool) -> Upload:
    """Check what can be checked without the network.

    Raises:
        UserError: if the repository's name is impossible, or nobody has said what the model's licence is.
    """
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    if not _REPOSITORY.fullmatch(repository):
        raise UserError(f"--hf_repo '{repository}' is not owner/name.")
    try:
        validate_repo_id(repository)
    except HFValidationError as error:
        raise UserError(f"--hf_repo '{repository}' is no name that the Hub takes ({error}).") from error
    if not bundle.facts().get("licence"):
        raise UserError("The model has no licence, without which nobody may use it; pack it again with --licence.")
    return Upload(bundle, repository, private)


def upload(plan: Upload) -> str:
    """Upload the files, in one commit; return the address.

    Raises:
        UserError: if nobody is logged in, or the Hub refuses.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HTTPError, LocalTokenNotFoundError  # type: ignore[attr-defined]

    api = HfApi(library_name="espnet_soups")
    try:
        url = api.create_repo(plan.repository, private=plan.private, exist_ok=True)
        api.upload_folder(
            repo_id=plan.repository,
            folder_path=plan.bundle.folder,
            allow_patterns=list(plan.files()),
            commit_message=f"Upload {plan.bundle.facts()['name']}",
        )
    except LocalTokenNotFoundError as error:
        raise UserError("Nobody is logged in to the Hugging Face Hub; run 'hf auth login' or set HF_TOKEN.") from error
    except (HTTPError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        raise UserError(f"The upload to {plan.repository} failed ({reason}); run again to go on.") from error
    return str(url)


def zoo_line(facts: Mapping[str, Any], repository: str) -> str:
    """The model's line for ``table.csv`` of ESPnet's model zoo."""
    languages = list(dict.fromkeys([*facts["asr_langs"], *(pair.partition("-")[0] for pair in facts["st_pairs"])]))
    row = [
        "+".join(corpus["name"] for corpus in facts["corpora"]),
        _TASKS[bool(facts["asr_langs"]), bool(facts["st_pairs"])],
        repository,
        f"https://huggingface.co/{repository}",
        "16000",
        languages[0] if len(languages) == 1 else "multilingual",
        "",
        facts["versions"]["torch"],
        facts["versions"]["espnet"],
        "",
        "true",
    ]
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(row)
    return line.getvalue()
