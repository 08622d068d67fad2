"""A local page to speak to a model, or give it files, and read what it writes."""

import argparse
import ipaddress
import os
import socket
import tempfile
from collections.abc import Sequence

from espnet_soups.errors import UserError, cli_main


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="soups demo",
        description="Serve a page to record or upload speech and read its transcript and translation, until Ctrl-C. "
        "Only this machine can open it unless --host says otherwise; what is uploaded is deleted at the end.",
    )
    parser.add_argument(
        "model", help="model.zip, its folder, the folder of a training, or a tag, as from_pretrained takes"
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: %(default)s, this machine only)"
    )
    parser.add_argument("--port", type=_port, default=7860, help="0 takes any free one (default: %(default)s)")
    parser.add_argument("--device", default="cpu", help="such as cuda:0 (default: %(default)s)")
    return parser


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port")
    return int(text)


@cli_main
def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line."""
    args = parser().parse_args(argv)
    port = _free_port(args.host, args.port)
    with tempfile.TemporaryDirectory(prefix="soups_demo_") as uploads:
        # Read when Gradio is imported: nothing is told to anybody, and uploads are gone at the end.
        os.environ |= {"GRADIO_ANALYTICS_ENABLED": "False", "GRADIO_TEMP_DIR": uploads}
        try:
            import gradio  # noqa: F401 - only to know whether it is there
        except ImportError as error:
            raise UserError("The demo needs Gradio: pip install 'espnet_soups[demo]'.") from error
        from espnet_soups.demo.page import build_page, serve
        from espnet_soups.inference.speech2text import Speech2Text

        page = build_page(Speech2Text.from_pretrained(args.model, device=args.device), args.model)
        url = serve(page, args.host, port)
        if not _is_loopback(args.host):
            print("Note: everybody who can reach this machine can open the page.")
        print(f"demo: {url} (Ctrl-C ends it)", flush=True)
        page.block_thread()


def _free_port(host: str, port: int) -> int:
    """The port itself, or any free one for 0; before the model is loaded, because that takes a while."""
    try:
        with socket.create_server((host, port), family=_family(host)) as server:
            return int(server.getsockname()[1])
    except OSError as error:
        raise UserError(f"Nothing can listen on {host}, port {port} ({error.strerror}); give others.") from error


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
