"""Every number of threads gives the same bits; runs may be cut anywhere; forks and interruptions are survived."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid.layers import BatchNormalization, Dense, Dropout
from pellucid.machine.executable import Executable
from pellucid.machine.threads import SPAN, Crew
from pellucid.rng import Key
from pellucid.training import step_program


def network(width: int = 70) -> pellucid.Sequential:
    model = pellucid.Sequential(
        [
            Dense(width, activation="relu", input_shape=(50,)),
            BatchNormalization(),
            Dropout(0.3),
            Dense(33, activation="tanh"),
            Dense(4, activation="softmax"),
        ],
        seed=5,
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


DATA = Key(3).normal((203, 50)), np.arange(203) % 4


def trained(width: int = 70) -> tuple[pellucid.Sequential, dict[str, list[float]]]:
    model = network(width)
    history = model.fit(*DATA, epochs=3, batch_size=16, validation_data=DATA, verbose=0)
    return model, history.history


@pytest.mark.parametrize("metrics", [[], ["mse"], ["mae", pellucid.metrics.AUC()]], ids=str)
@pytest.mark.parametrize("loss", ["mse", "binary_crossentropy"])
def test_weights_and_targets_reach_every_thread_in_time(crew: list[int], loss: str, metrics: list[object]) -> None:
    found = []
    for threads in (1, 2, 3):
        crew[:] = threads, 1000
        model = pellucid.Sequential([Dense(3, input_shape=(50,)), Dense(1, activation="sigmoid")], seed=0)
        model.compile("sgd", loss, metrics=metrics, weighted_metrics=["mse"])
        weights = Key(1).uniform((203,))
        history = model.fit(
            DATA[0], DATA[1][:, None] % 2, sample_weight=weights, batch_size=19, epochs=20, verbose=0
        ).history
        found.append((model.theta.data.tolist(), history))
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("width", [70, 128, 600])
def test_one_two_and_four_threads_leave_the_same_bits(crew: list[int], width: int) -> None:
    wanted, history = trained(width)
    for threads in (2, 3, 4):
        crew[0] = threads
        got, its_history = trained(width)
        np.testing.assert_array_equal(got.theta.data, wanted.theta.data)
        np.testing.assert_array_equal(got.state.data, wanted.state.data)
        assert its_history == history


def test_the_numbers_do_not_depend_on_how_a_run_is_cut(crew: list[int]) -> None:
    wanted, history = trained()
    for steps in (1, 3, 1000):
        crew[1] = steps
        got, its_history = trained()
        np.testing.assert_array_equal(got.theta.data, wanted.theta.data)
        assert its_history == history


def test_a_second_thread_is_left_alone_where_steps_are_tiny() -> None:
    crew = Crew(2)
    for _ in range(20):
        threads, steps = crew.plan(10_000)
        crew.ran(threads, steps, steps * 1e-6)
    assert crew.best == 1
    assert crew.plan(10_000)[0] == 1


@pytest.mark.parametrize("faster", [1, 2, 4])
def test_the_fastest_number_of_threads_is_found(faster: int) -> None:
    crew = Crew(4)
    for _ in range(100):
        threads, steps = crew.plan(1 << 20)
        crew.ran(threads, steps, steps * (1e-4 if threads == faster else 2e-4 + 1e-5 * abs(threads - faster)))
    assert crew.best == faster


def test_threads_are_given_up_when_they_become_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: clock[0])
    crew, busy = Crew(2), False
    chosen = []
    for i in range(200):
        busy = i >= 100
        threads, steps = crew.plan(1 << 20)
        seconds = steps * ((5e-3 if busy else 5e-5) if threads == 2 else 1e-4)
        clock[0] += seconds
        crew.ran(threads, steps, seconds)
        chosen.append(threads)
    assert chosen[60:100].count(2) > 35
    assert chosen[150:].count(1) > 45


@pytest.mark.parametrize("step", [5e-5, 1e-2, 5e-2])
@pytest.mark.parametrize(("every", "lasting"), [(1.0, 0.02), (3.0, 0.1), (5.0, 0.3)])
def test_threads_are_kept_when_something_came_between(
    step: float, every: float, lasting: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, done = [0.0], 0
    monkeypatch.setattr(time, "perf_counter", lambda: clock[0])
    crew = Crew(2)
    while clock[0] < 60:
        threads, steps = crew.plan(1 << 20)
        disturbed = clock[0] % every < lasting
        seconds = steps * step * (1.8 if threads == 1 else 5.0 if disturbed else 1.0)
        clock[0] += seconds
        done += steps
        crew.ran(threads, steps, seconds)
    assert done * step > 0.85 * clock[0]  # 0.56 with one thread


def test_threads_that_are_slow_but_in_trials_are_seldom_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where other programs keep the cores busy, the system favours who has rested: a trial shows more than is there."""
    clock, taken = [0.0], {1: 0.0, 2: 0.0}
    monkeypatch.setattr(time, "perf_counter", lambda: clock[0])
    crew = Crew(2)
    while clock[0] < 60:
        trial = bool(crew.queue) or time.perf_counter() > crew.due
        threads, steps = crew.plan(1 << 20)
        seconds = steps * (1e-4 if threads == 1 else 6e-5 if trial else 3e-4)
        clock[0] += seconds
        taken[threads] += seconds
        crew.ran(threads, steps, seconds)
    assert taken[2] < 0.08 * taken[1]


@pytest.mark.parametrize("threads", [2, 3])
def test_a_run_that_takes_far_longer_than_it_was_meant_to_ends_and_goes_on_to_the_same_bits(
    crew: list[int], monkeypatch: pytest.MonkeyPatch, threads: int
) -> None:
    wanted, history = trained()
    runs: list[int] = []

    def run(self: Executable, *given: Any) -> int:
        runs.append(whole(self, *given))
        return runs[-1]

    whole = Executable.run
    monkeypatch.setattr(Executable, "run", run)
    monkeypatch.setattr(step_program, "LATE", 0.0)
    crew[:] = threads, 1000
    got, its_history = trained()
    np.testing.assert_array_equal(got.theta.data, wanted.theta.data)
    assert its_history == history
    assert runs == [1] * (2 * 3 * 13)  # steps of three epochs of training, and as many of judging


def in_child(queue: multiprocessing.Queue) -> None:
    model, _ = trained()
    queue.put(model.theta.data.tolist())


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_child_process_trains_as_its_parent(method: str) -> None:
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"this system cannot {method}")
    wanted, _ = trained()
    context = multiprocessing.get_context(method)
    queue = context.Queue()
    child = context.Process(target=in_child, args=(queue,))
    child.start()
    got = queue.get(timeout=120)
    child.join()
    np.testing.assert_array_equal(np.array(got, "float32"), wanted.theta.data)


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C interrupts, also where whoever started the tests has it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_stops_at_once_and_leaves_the_model_whole() -> None:
    model = network(600)
    x, y = np.tile(DATA[0], (60, 1)), np.tile(DATA[1], 60)
    model.fit(x, y, epochs=1, verbose=0)
    taken = model.optimizer.steps_taken
    asked = []

    def interrupt() -> None:
        while model.optimizer.steps_taken == taken:
            time.sleep(0.1)
        asked.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, epochs=100_000, verbose=0)
    assert time.monotonic() - asked[0] < 30
    assert model.optimizer.steps_taken > taken
    assert np.isfinite(model.theta.data).all()
    again = network(600)
    again.fit(x, y, epochs=1, verbose=0)
    np.testing.assert_array_equal(again.predict(x[:5], verbose=0).shape, model.predict(x[:5], verbose=0).shape)


def test_what_a_run_of_one_step_costs_besides_is_not_taken_for_a_step_forever():
    crew = Crew(1)
    for _ in range(20):
        threads, _ = crew.plan(1)
        crew.ran(threads, 1, 1e-4)  # a step of a microsecond, and what it takes to begin
    threads, steps = crew.plan(1 << 20)
    crew.ran(threads, steps, steps * 1e-6)
    assert crew.plan(1 << 20)[1] == int(SPAN / 1e-6)
