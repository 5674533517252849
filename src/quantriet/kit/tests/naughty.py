"""Functions that misbehave in the child, for test_sandbox."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from typing import Any

from quantriet.kit.refusal import Refusal


def echo(value: Any) -> Any:
    return value


def count(most: int, size: int = 10) -> Iterator[list[str]]:
    for number in range(most):
        yield [f"{number}" * size]


def eat_memory() -> int:
    return len([bytearray(10_000_000) for _ in range(1000)])


def loop_for_ever() -> None:
    while True:
        pass


def sleep_for_ever() -> None:
    time.sleep(3600)


def die(number: int) -> None:
    os.abort() if number == signal.SIGABRT else os._exit(number)


def fail() -> None:
    raise ValueError("Nguyễn Văn An, 0912345678")


def refuse() -> None:
    raise Refusal("test.no", "Không được.", field="name")


def talk_to_the_network() -> str:
    try:
        socket.create_connection(("127.0.0.1", 9), timeout=1)
    except PermissionError:
        return "shut"
    except OSError as error:
        return f"open: {error}"
    return "open"


def start_a_program() -> str:
    try:
        os.system("true")
    except PermissionError:
        return "shut"
    return "open"


def write_a_file(path: str) -> str:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with open(path, "w") as file:
            file.write("x" * 10_000)
    except OSError:
        return "shut"
    return "open"


def print_and_answer() -> int:
    print("a library talks")
    os.write(1, b"v666\n")
    return 7


def secrets() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if "QUANTRIET" in key or "SECRET" in key}
