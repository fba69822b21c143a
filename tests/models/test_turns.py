"""One model in several threads at once: never a crash, never half of one thing and half of another."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import pellucid
from pellucid.errors import NotReady
from pellucid.layers import Dense, Dropout

X = np.random.default_rng(0).normal(size=(200, 4)).astype("float32")
Y = np.random.default_rng(1).integers(0, 3, 200)

HAMMERING = """
import sys, tempfile, threading
import numpy as np, pellucid
from pellucid.errors import NotReady
from pellucid.layers import Dense, Dropout
X = np.random.default_rng(0).normal(size=(200, 4)).astype("float32")
Y = np.random.default_rng(1).integers(0, 3, 200)
model = pellucid.Sequential([Dense(5, "relu", input_shape=(4,)), Dropout(0.2), Dense(3, "softmax")], seed=0)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
folder = tempfile.mkdtemp()
calls = {
    "fit": lambda: model.fit(X, Y, epochs=30, verbose=0),
    "evaluate": lambda: model.evaluate(X, Y, verbose=0),
    "train": lambda: model.train_on_batch(X[:7], Y[:7]),
    "test": lambda: model.test_on_batch(X[:9], Y[:9]),
    "explain": lambda: model.explain(X[:2], Y[:2]),
    "set": lambda: model.set_weights([w * 0.5 for w in model.get_weights()]),
    "save": lambda: model.save(folder + "/model.keras"),
    "predict": lambda: model.predict(X, verbose=0),
    "row": lambda: model.predict(X[:1], verbose=0),
}
raw = []
def hammer(call, times):
    for _ in range(times):
        try:
            call()
        except NotReady:
            pass
        except BaseException as problem:
            raw.append(repr(problem))
names = sys.argv[1].split(",")
threads = [threading.Thread(target=hammer, args=(calls[n], 4 if n == "fit" else 40)) for n in names]
for t in threads: t.start()
for t in threads: t.join()
assert not raw, raw
assert np.isfinite(model.predict(X, verbose=0)).all()
print("whole")
"""


@pytest.mark.parametrize(
    "calls",
    ["fit,fit,fit", "fit,evaluate,predict,row", "train,train,test,evaluate", "fit,save,set,explain",
     "train,save,set,explain,predict"],
)  # fmt: skip
def test_threads_that_share_a_model_never_crash(calls):
    done = subprocess.run(
        [sys.executable, "-c", HAMMERING, calls], capture_output=True, text=True, timeout=120,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "whole\n"), done.stderr


def made() -> pellucid.Sequential:
    model = pellucid.Sequential([Dense(5, "relu", input_shape=(4,)), Dropout(0.2), Dense(3, "softmax")], seed=0)
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


class While(pellucid.callbacks.Callback):
    """Does something in another thread at the end of the first epoch, and waits for it."""

    def __init__(self, act):
        self.act, self.raised = act, None

    def on_epoch_end(self, epoch, logs=None):
        if epoch == 0:
            with ThreadPoolExecutor(1) as pool:
                self.raised = pool.submit(self.act, self.model).exception(timeout=120)


@pytest.mark.parametrize(
    "act",
    [lambda m: m.fit(X, Y, verbose=0), lambda m: m.save("nowhere.keras"), lambda m: m.set_weights(m.get_weights()),
     lambda m: m.train_on_batch(X, Y), lambda m: m.compile("sgd", "mse")],
)  # fmt: skip
def test_another_thread_is_told_that_a_model_is_being_trained(act):
    model, callback = made(), While(act)
    model.fit(X, Y, epochs=2, verbose=0, callbacks=[callback])
    assert isinstance(callback.raised, NotReady)
    assert "that no other thread is training" in str(callback.raised)
    alone = made()
    alone.fit(X, Y, epochs=2, verbose=0)
    for mine, theirs in zip(model.get_weights(), alone.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_callbacks_use_the_model_they_are_called_for(tmp_path):
    def use(epoch, logs):
        model.save(tmp_path / "model.keras")
        model.evaluate(X, Y, verbose=0)
        model.set_weights(model.get_weights())

    model = made()
    model.fit(X, Y, epochs=2, verbose=0, callbacks=[pellucid.callbacks.LambdaCallback(on_epoch_end=use)])
    assert (tmp_path / "model.keras").exists()


def test_short_calls_wait_for_each_other():
    model, start = made(), threading.Barrier(3)

    def steps():
        start.wait()
        for _ in range(50):
            model.train_on_batch(X[:8], Y[:8])

    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(steps) for _ in range(3)]:
            done.result(timeout=120)
    assert model.optimizer.steps_taken == 150


def test_copies_have_turns_of_their_own():
    model = made()
    model.fit(X, Y, verbose=0)
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert "turn" not in vars(twin)
        twin.fit(X, Y, verbose=0)
