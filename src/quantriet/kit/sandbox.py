"""Run one of our functions on a stranger's file in a limited child process.

Readers of office files abort the whole process, eat gigabytes or loop for ever on a hostile file. Here they do so in a
child with limits on memory, time, written files and output, without a network, and the person gets a sentence.

    def count_words(path: str) -> int: ...                      # in quantriet.kit.somewhere, called in the child

    words = sandbox.run("quantriet.kit.somewhere:count_words", {"path": str(path)})
    for batch in sandbox.stream("quantriet.kit.somewhere:read_batches", {"path": str(path)}):
        ...                                                     # a generator in the child, one JSON value at a time

Arguments and results are plain data (text, numbers, lists, dicts with text keys) and dates; they travel as JSON lines,
so nothing that the child says is ever executed. The parent holds one value at a time.
"""

import contextlib
import datetime as dt
import importlib
import json
import logging
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from quantriet.kit.refusal import Refusal

log = logging.getLogger(__name__)

_SOURCE_ROOT = str(Path(__file__).resolve().parents[2])
_BOOTSTRAP = "import sys; sys.path.insert(0, sys.argv[1]); from quantriet.kit.sandbox import _child_main; _child_main()"
# More children at once than this would let a handful of uploads take the machine's memory.
_PLACES = threading.BoundedSemaphore(4)
_WAIT_FOR_A_PLACE = 60.0


@dataclass(frozen=True)
class Limits:
    """What a child may use: bytes of memory, seconds of CPU, seconds that we wait for it, bytes that it may say."""

    memory: int = 560 * 1024 * 1024
    cpu_seconds: int = 120
    wall_seconds: float = 180.0
    output: int = 1024 * 1024 * 1024
    value: int = 64 * 1024 * 1024
    open_files: int = 64


DEFAULT = Limits()

TOO_HEAVY = "file.too_heavy"
TOO_SLOW = "file.too_slow"
TOO_LONG = "file.too_long"
UNREADABLE = "file.unreadable"
BUSY = "file.busy"

_SENTENCES = {
    TOO_HEAVY: "Tệp quá nặng hoặc bị hỏng nên đã dừng đọc. Hãy mở tệp, chỉ giữ lại phần cần dùng trong một tệp mới rồi tải lên lại.",
    TOO_SLOW: "Đọc tệp quá lâu nên đã dừng. Hãy mở tệp, chỉ giữ lại phần cần dùng trong một tệp mới rồi tải lên lại.",
    TOO_LONG: "Nội dung trong tệp quá dài nên đã dừng đọc. Hãy chia thành nhiều tệp nhỏ hơn rồi tải lên lần lượt.",
    UNREADABLE: "Không đọc được tệp này, có thể tệp đã hỏng. Hãy mở tệp bằng phần mềm đã tạo ra nó, lưu lại thành tệp mới rồi tải lên lại.",
    BUSY: "Máy chủ đang đọc nhiều tệp cùng lúc. Xin đợi một phút rồi tải lên lại; tệp của đồng chí chưa được ghi nhận gì.",
}


def run(target: str, args: dict[str, Any] | None = None, *, limits: Limits = DEFAULT) -> Any:
    """Call `target` ("module:function") in a child and return its value. Refuses as `stream` does."""
    result: Any = None
    for value in stream(target, args, limits=limits):
        result = value
    return result


def stream(target: str, args: dict[str, Any] | None = None, *, limits: Limits = DEFAULT) -> Iterator[Any]:
    """Call `target` in a child and yield what it yields, as it comes.

    Refuses: what the function refuses in the child, and TOO_HEAVY, TOO_SLOW, TOO_LONG, UNREADABLE, BUSY when the child
    breaks a limit, dies or fails. The time that the caller takes between two values does not count.
    """
    if not _PLACES.acquire(timeout=_WAIT_FOR_A_PLACE):
        raise _refusal(BUSY)
    try:
        child = _start(target, args or {}, limits)
        try:
            yield from _values(child, limits)
        finally:
            _end(child)
    finally:
        _PLACES.release()


def _refusal(code: str) -> Refusal:
    return Refusal(code, _SENTENCES[code])


def _start(target: str, args: dict[str, Any], limits: Limits) -> subprocess.Popen[bytes]:
    child = subprocess.Popen(  # noqa: S603 our own interpreter and our own constant code
        [sys.executable, "-I", "-X", "utf8", "-c", _BOOTSTRAP, _SOURCE_ROOT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "1"},
        start_new_session=True,
    )
    order = {"target": target, "args": args, "limits": asdict(limits)}
    if child.stdin is None:  # pragma: no cover  a pipe was asked for
        raise RuntimeError("no pipe to the child")
    with contextlib.suppress(BrokenPipeError):
        child.stdin.write(_encode(order) + b"\n")
        child.stdin.close()
    return child


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.kill()
    child.wait()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):
                pipe.close()


def _values(child: subprocess.Popen[bytes], limits: Limits) -> Iterator[Any]:
    for line in _lines(child, limits):
        kind, body = line[:1], line[1:]
        if kind == b"v":
            yield _decode(body)
        elif kind == b".":
            return
        elif kind == b"r":
            said = _decode(body)
            raise Refusal(said["code"], said["sentence"], field=said["field"])
        elif kind == b"m":
            raise _refusal(TOO_HEAVY)
        else:
            log.warning("the child failed: %s", body[:2000].decode("utf-8", "replace"))
            raise _refusal(UNREADABLE)
    raise _cause_of_death(child)


def _lines(child: subprocess.Popen[bytes], limits: Limits) -> Iterator[bytes]:
    """Yield whole lines of the child's output; what is left unfinished at its death is dropped."""
    if child.stdout is None:  # pragma: no cover  a pipe was asked for
        raise RuntimeError("no pipe from the child")
    source = child.stdout.fileno()
    waited, said, held = 0.0, 0, bytearray()
    poll = select.poll()
    poll.register(source, select.POLLIN | select.POLLHUP)
    while True:
        began = time.monotonic()
        ready = poll.poll(max(0.0, (limits.wall_seconds - waited) * 1000))
        waited += time.monotonic() - began
        if not ready:
            raise _refusal(TOO_SLOW)
        piece = os.read(source, 1024 * 1024)
        if not piece:
            return
        said += len(piece)
        if said > limits.output or len(held) > limits.value:
            raise _refusal(TOO_LONG)
        start = 0
        while (end := piece.find(b"\n", start)) >= 0:
            held += piece[start:end]
            yield bytes(held)
            held.clear()
            start = end + 1
        held += piece[start:]


def _cause_of_death(child: subprocess.Popen[bytes]) -> Refusal:
    try:
        code = child.wait(timeout=5)
    except subprocess.TimeoutExpired:
        return _refusal(TOO_SLOW)
    log.warning("the child died with code %s", code)
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return _refusal(TOO_SLOW if code == -signal.SIGXCPU else TOO_HEAVY)
    return _refusal(TOO_HEAVY if code < 0 else UNREADABLE)


# ---------------------------------------------------------------------------------------------------- plain data as text


def _tagged(value: object) -> object:
    if isinstance(value, dt.datetime):
        return {"$t": value.isoformat()}
    if isinstance(value, dt.date):
        return {"$d": value.isoformat()}
    if isinstance(value, dt.time):
        return {"$c": value.isoformat()}
    if isinstance(value, dt.timedelta):
        return {"$s": value.total_seconds()}
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    raise TypeError(f"no plain data: {type(value).__name__}")


def _untagged(found: dict[str, Any]) -> Any:
    if len(found) == 1:
        if "$d" in found:
            return dt.date.fromisoformat(found["$d"])
        if "$t" in found:
            return dt.datetime.fromisoformat(found["$t"])
        if "$c" in found:
            return dt.time.fromisoformat(found["$c"])
        if "$s" in found:
            return dt.timedelta(seconds=found["$s"])
    return found


_to_text = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_tagged, check_circular=False).encode
_from_text = json.JSONDecoder(object_hook=_untagged).decode


def _encode(value: object) -> bytes:
    # A lone surrogate (bad text in a PDF) has no UTF-8 form; a question mark stands for it.
    return _to_text(value).encode("utf-8", "replace")


def _decode(body: bytes) -> Any:
    return _from_text(body.decode("utf-8"))


# ------------------------------------------------------------------------------------------------------------ in the child


def _child_main() -> None:
    """Read one order from standard input, limit ourselves, run it, and say values, a refusal or an error."""
    order = _decode(sys.stdin.buffer.readline())
    # Libraries may print; only we speak on the real output.
    mouth = os.fdopen(os.dup(1), "wb", buffering=0)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)

    def say(kind: bytes, value: object = None) -> None:
        left = memoryview(kind + (b"" if value is None and kind != b"v" else _encode(value)) + b"\n")
        while left:
            left = left[mouth.write(left) :]

    try:
        module_name, function_name = order["target"].split(":")
        if not module_name.startswith("quantriet."):
            raise ValueError("only our own functions run here")
        # Before the limits: our own code is trusted, and its byte code may be written for the next child.
        function = getattr(importlib.import_module(module_name), function_name)
        _limit(Limits(**order["limits"]))
        _close_the_doors()
        result = function(**order["args"])
        if isinstance(result, Iterator):
            for value in result:
                say(b"v", value)
        else:
            say(b"v", result)
        say(b".")
    except Refusal as refusal:
        say(b"r", {"code": refusal.code, "sentence": refusal.sentence, "field": refusal.field})
    except MemoryError:
        say(b"m")
    except BrokenPipeError:
        pass
    except BaseException as error:  # noqa: BLE001 also a panic of a Rust reader; the parent says a sentence and logs this
        say(b"e", _where(error))
    # Freeing what a large workbook left takes longer than forgetting it.
    os._exit(0)


def _where(error: BaseException) -> str:
    """Kind and place of an error, without its message: messages of readers quote the file, and files name people."""
    places, trace = [], error.__traceback__
    while trace is not None:
        places.append(f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}")
        trace = trace.tb_next
    return f"{type(error).__module__}.{type(error).__name__} at {' > '.join(places[-8:])}"


def _limit(limits: Limits) -> None:
    try:
        import resource  # absent on Windows
    except ImportError:  # pragma: no cover
        return
    wanted = (
        (resource.RLIMIT_DATA, limits.memory),
        # Mapped code and reserved address space count here too, so it is wider than the memory in use.
        (resource.RLIMIT_AS, limits.memory + 512 * 1024 * 1024),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_CORE, 0),
    )
    for kind, most in wanted:
        resource.setrlimit(kind, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 5))


_SHUT = (
    "socket.",
    "subprocess.",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "os.kill",
    "os.remove",
    "os.rename",
)


def _close_the_doors() -> None:
    """No network and no other program: by the kernel where it lets us, and by Python's own audit everywhere."""
    try:
        import ctypes

        new_user, new_network = 0x10000000, 0x40000000
        ctypes.CDLL(None).unshare(new_user | new_network)
    except (ImportError, AttributeError, OSError):  # pragma: no cover  not a Linux with namespaces
        pass

    def watch(event: str, _: tuple[object, ...]) -> None:
        if event.startswith(_SHUT):
            raise PermissionError(event)

    sys.addaudithook(watch)
