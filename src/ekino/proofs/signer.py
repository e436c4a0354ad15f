"""The signer: a process of its own that signs only what extends what it last signed."""

import base64
import logging
import os
import socket
import threading
from pathlib import Path

from ekino.kernel.errors import Broken, Refused
from ekino.proofs.checkpoint import Checkpoint, read_checkpoint, read_hash, read_number
from ekino.proofs.folder import Turn, write_durably
from ekino.proofs.keys import NoteSigner, ensure_key
from ekino.proofs.merkle import EMPTY_ROOT, is_consistent
from ekino.proofs.note import NoteMalformed

_LOG = logging.getLogger("ekino.signer")
# A request is a size, a root and at most 63 hashes of 44 characters.
REQUEST_BYTES_MAX = 4_096
# As many as a tree of 2**63 leaves needs.
PROOF_HASHES_MAX = 63
# Whoever says nothing for so long is hung up on; the next one waits.
REQUEST_WAIT_S = 2.0
# A unix socket's path must fit into struct sockaddr_un.
SOCKET_PATH_BYTES_MAX = 107
_SIGN = "sign"


class Signer:
    """
    Holds the log's key and the last head it has signed.

    Its state is a file of its own folder: whoever can change both that file and the
    register's database can have a second history signed, and only witnesses will refuse it.
    """

    def __init__(self, folder: Path, origin: str) -> None:
        """
        Open or begin the state in this folder; only one signer can have it.

        Raises `Broken` when the key is there and the state is not: without its memory a
        signer would sign a rolled-back log.
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._turn = Turn(folder / "turn")
        if not self._turn.take():
            detail = f"another signer is at work in {folder}"
            raise Refused(detail, code="signer_is_running")
        self._state = folder / "last-signed"
        key, is_new = ensure_key(folder / "log.key", origin)
        self._key: NoteSigner = key
        if is_new and not self._state.exists():
            self._store(Checkpoint(origin, 0, EMPTY_ROOT))
        self.last = self._load(origin)
        # For whoever audits on this machine; the world finds it under /keys.
        write_durably(folder / "log.vkey", f"{self.vkey}\n".encode())

    def _load(self, origin: str) -> Checkpoint:
        try:
            last = read_checkpoint(self._state.read_text("utf-8"))
        except (OSError, NoteMalformed) as error:
            detail = (
                f"the key is here and {self._state} cannot be read: restore it; a signer "
                "that has forgotten what it signed must not sign"
            )
            raise Broken(detail, code="signer_state_lost") from error
        if last.origin != origin:
            detail = f"this key signs for {last.origin}, not for {origin}"
            raise Refused(detail, code="log_origin_changed")
        return last

    def _store(self, checkpoint: Checkpoint) -> None:
        write_durably(self._state, checkpoint.text.encode(), mode=0o600)

    @property
    def vkey(self) -> str:
        """The log's public key."""
        return self._key.verifier.vkey

    def sign(self, size: int, root: bytes, proof: list[bytes]) -> str:
        """
        Give the signature line of a checkpoint that extends the last one.

        The same checkpoint again is signed again. `Refused` for anything else, with what was
        last signed.
        """
        last = self.last
        is_extension = is_consistent(
            first=last.size,
            second=size,
            first_root=last.root,
            second_root=root,
            proof=proof,
        )
        if not is_extension:
            detail = f"{size} does not extend the {last.size} entries signed last"
            raise Refused(detail, code="not_an_extension")
        checkpoint = Checkpoint(last.origin, size, root)
        if checkpoint != last:
            self._store(checkpoint)
            # From here this head is signed, whether anybody hears of it or not: a crash
            # before the answer only means that it is asked for again.
            self.last = checkpoint
        return self._key.line(checkpoint.text)

    def answer(self, request: str) -> str:
        """
        Answer one request: `last`, or `sign SIZE ROOT` and a line for each hash.

        The answer is `ok`, or `refused` and why, then the head signed last and the vkey.
        """
        words, *hashes = request.removesuffix("\n").split("\n")
        line, outcome = "", "ok"
        try:
            match words.split(" "):
                case ["last"]:
                    pass
                case ["sign", size, root] if len(hashes) <= PROOF_HASHES_MAX:
                    proof = [read_hash(each) for each in hashes]
                    line = self.sign(read_number(size), read_hash(root), proof)
                case _:
                    outcome = "refused malformed"
        except NoteMalformed:
            outcome = "refused malformed"
        except Refused as error:
            _LOG.error("refused to sign: %s", error.detail)
            outcome = f"refused {error.code}"
        root = base64.b64encode(self.last.root).decode()
        return f"{outcome}\n{self.last.size} {root}\n{self.vkey}\n{line}"


def serve(signer: Signer, path: Path, stop: threading.Event) -> None:
    """Answer on a unix socket, one request at a time, until `stop` is set."""
    listener = _listen(path)
    listener.settimeout(0.2)
    with listener:
        while not stop.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(REQUEST_WAIT_S)
                try:
                    request = _receive(connection)
                    if request:
                        connection.sendall(signer.answer(request).encode())
                except (OSError, UnicodeDecodeError) as error:
                    # A state that could not be stored ends the process: what the disk has
                    # is unknown, and a signer that guesses is worse than none.
                    if not isinstance(error, TimeoutError | ConnectionError | ValueError):
                        raise
                    _LOG.warning("a caller hung up or said nothing: %s", error)
    path.unlink(missing_ok=True)


def _receive(connection: socket.socket) -> str:
    """Read until the caller has said all and shut its side."""
    received = b""
    while part := connection.recv(REQUEST_BYTES_MAX):
        received += part
        if len(received) > REQUEST_BYTES_MAX:
            return "too long"
    return received.decode("ascii")


def _listen(path: Path) -> socket.socket:
    verify_socket_path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # Nobody but the owner may ask: a request that is not the worker's is refused anyway, but
    # each costs an fsync.
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    listener.listen(16)
    return listener


def verify_socket_path(path: Path) -> None:
    """Refuse a path that no unix socket can have."""
    if len(os.fsencode(path)) > SOCKET_PATH_BYTES_MAX:
        detail = f"{path} is too long for a socket: at most {SOCKET_PATH_BYTES_MAX} bytes"
        raise Refused(detail, code="socket_path_too_long")


def ask(path: Path, request: str) -> tuple[str, Checkpoint, str, str]:
    """
    Ask the signer and give (outcome, head signed last, vkey, signature line or "").

    OSError when nobody answers there.
    """
    verify_socket_path(path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(REQUEST_WAIT_S)
        connection.connect(str(path))
        connection.sendall(request.encode())
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while part := connection.recv(REQUEST_BYTES_MAX):
            answer += part
    try:
        outcome, last, vkey, line = answer.decode().split("\n", 3)
        size, root = last.split(" ")
        head = Checkpoint(vkey.partition("+")[0], read_number(size), read_hash(root))
    except ValueError as error:
        detail = "the signer's answer cannot be read"
        raise OSError(detail) from error
    return outcome, head, vkey, line


def sign_request(size: int, root: bytes, proof: list[bytes]) -> str:
    """Write a request to sign."""
    hashes = "".join(base64.b64encode(each).decode() + "\n" for each in proof)
    return f"{_SIGN} {size} {base64.b64encode(root).decode()}\n{hashes}"
