import datetime as dt
import itertools
import logging
import resource
import signal
import subprocess
import sys
import time

import pytest

from quantriet.kit import sandbox
from quantriet.kit.refusal import Refusal

HERE = "quantriet.kit.tests.naughty"


def test_run_gives_back_plain_data_and_dates():
    value = {
        "text": "Đường lối\n“ngoặc”",
        "list": [1, 2.5, None, True],
        "day": dt.date(2026, 11, 22),
        "moment": dt.datetime(2026, 11, 22, 7, 30, tzinfo=dt.UTC),
        "clock": dt.time(7, 30),
        "span": dt.timedelta(hours=30),
    }
    assert sandbox.run(f"{HERE}:echo", {"value": value}) == value


def test_run_replaces_half_a_letter():
    assert sandbox.run(f"{HERE}:echo", {"value": "a\ud800b"}) in ("a?b", "a\ufffdb")


def test_stream_gives_values_one_by_one_and_ends_the_child_early():
    values = sandbox.stream(f"{HERE}:count", {"most": 10_000_000})
    assert list(itertools.islice(values, 3)) == [["0000000000"], ["1111111111"], ["2222222222"]]
    values.close()


def test_parent_stays_small_over_a_long_stream():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    told = sum(1 for _ in sandbox.stream(f"{HERE}:count", {"most": 20_000, "size": 2_000}))
    assert told == 20_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000  # KiB; the stream is 170 MB


@pytest.mark.parametrize(
    "function, args, code",
    [
        ("eat_memory", {}, sandbox.TOO_HEAVY),
        ("die", {"number": int(signal.SIGABRT)}, sandbox.TOO_HEAVY),
        ("die", {"number": 3}, sandbox.UNREADABLE),
        ("fail", {}, sandbox.UNREADABLE),
        ("no_such_function", {}, sandbox.UNREADABLE),
    ],
)
def test_a_broken_child_is_a_refusal_with_a_sentence(function, args, code):
    with pytest.raises(Refusal) as caught:
        sandbox.run(f"{HERE}:{function}", args)
    assert caught.value.code == code
    assert caught.value.sentence.endswith(".")
    assert "Hãy" in caught.value.sentence


def test_a_child_that_computes_for_ever_is_stopped():
    with pytest.raises(Refusal) as caught:
        sandbox.run(f"{HERE}:loop_for_ever", limits=sandbox.Limits(cpu_seconds=1))
    assert caught.value.code == sandbox.TOO_SLOW


def test_a_child_that_waits_for_ever_is_stopped():
    began = time.monotonic()
    with pytest.raises(Refusal) as caught:
        sandbox.run(f"{HERE}:sleep_for_ever", limits=sandbox.Limits(wall_seconds=1.0))
    assert caught.value.code == sandbox.TOO_SLOW
    assert time.monotonic() - began < 20


def test_a_slow_caller_is_no_slow_child():
    values = sandbox.stream(f"{HERE}:count", {"most": 2}, limits=sandbox.Limits(wall_seconds=5.0))
    next(values)
    time.sleep(0.3)
    assert list(values) == [["1111111111"]]


@pytest.mark.parametrize("limits", [sandbox.Limits(output=1_000_000), sandbox.Limits(value=1_000)])
def test_a_child_that_talks_too_much_is_stopped(limits):
    with pytest.raises(Refusal) as caught:
        list(sandbox.stream(f"{HERE}:count", {"most": 100_000, "size": 3_000_000}, limits=limits))
    assert caught.value.code == sandbox.TOO_LONG


def test_a_refusal_of_the_child_arrives_whole():
    with pytest.raises(Refusal) as caught:
        sandbox.run(f"{HERE}:refuse")
    assert (caught.value.code, caught.value.sentence, caught.value.field) == ("test.no", "Không được.", "name")


def test_no_network_no_program_no_written_file(tmp_path):
    assert sandbox.run(f"{HERE}:talk_to_the_network") == "shut"
    assert sandbox.run(f"{HERE}:start_a_program") == "shut"
    assert sandbox.run(f"{HERE}:write_a_file", {"path": str(tmp_path / "x")}) == "shut"


def test_what_libraries_print_does_not_mix_with_the_answer():
    assert sandbox.run(f"{HERE}:print_and_answer") == 7


def test_the_child_sees_no_settings(monkeypatch):
    monkeypatch.setenv("QUANTRIET_SECRET_KEY", "s")
    assert sandbox.run(f"{HERE}:secrets") == {}


def test_only_our_own_functions_run():
    with pytest.raises(Refusal):
        sandbox.run("os:getcwd")


def test_the_log_of_a_failure_does_not_quote_the_file(caplog):
    with caplog.at_level(logging.WARNING), pytest.raises(Refusal):
        sandbox.run(f"{HERE}:fail")
    assert "ValueError" in caplog.text
    assert "0912345678" not in caplog.text


def test_places_are_given_back_after_failures():
    for _ in range(8):
        with pytest.raises(Refusal):
            sandbox.run(f"{HERE}:die", {"number": 1})
    assert sandbox.run(f"{HERE}:echo", {"value": 1}) == 1


@pytest.mark.parametrize(
    "module", ["kit.sandbox", "kit.encodings", "kit.spreadsheets", "kit.documents", "kit.documents.official"]
)
def test_what_runs_in_the_child_imports_no_django(module):
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); __import__('quantriet.' + sys.argv[2]);"
        "print([name for name in sys.modules if name.split('.')[0] in ('django', 'docx', 'xlsxwriter', 'lxml', 'pypdfium2')])"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", program, sandbox._SOURCE_ROOT, module], capture_output=True, check=True
    )
    assert done.stdout.strip() == b"[]"
