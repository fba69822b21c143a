"""Doctor as a callback of fit."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from doctor.cases import Root, data, model_for
from pellucid import layers
from pellucid.callbacks import Doctor, EarlyStopping
from pellucid.errors import InvalidArgument, NonFinite
from pellucid.optimizers import Adam
from pellucid.utils import PyDataset


def fit(doctor: Doctor, scale: float = 1.0, **options):
    x, y, (x_held, y_held) = data("digits")
    model = model_for((x, y, (x_held, y_held)), (32,), 10, **{"optimizer": Adam(0.003), **options})
    model.fit(scale * x, y, epochs=12, validation_data=(scale * x_held, y_held), callbacks=[doctor], verbose=0)
    return model


def test_findings_are_printed_and_kept(capsys: pytest.CaptureFixture[str]):
    doctor = Doctor()
    fit(doctor, scale=255)
    assert [finding.rule for finding in doctor.findings] == ["unscaled_inputs"]
    shown = capsys.readouterr().out
    for part in ("Inputs are not scaled", "seen", "means", "do", "root mean square of up to"):
        assert part in shown


def test_a_healthy_training_is_called_so(capsys: pytest.CaptureFixture[str]):
    doctor = Doctor()
    fit(doctor)
    assert doctor.findings == []
    assert "Nothing found" in capsys.readouterr().out


def test_quiet(capsys: pytest.CaptureFixture[str]):
    doctor = Doctor(verbose=0, experiments=True)  # by itself it makes them where they are cheap beside the run
    fit(doctor, optimizer=Adam(0.5))
    assert capsys.readouterr().out == ""
    assert doctor.findings[0].rule == "learning_rate_too_high"


def test_training_gives_the_same_bits_with_a_doctor(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PELLUCID_THREADS", "1")
    with_doctor = fit(Doctor(verbose=0))
    x, y, (x_held, y_held) = data("digits")
    alone = model_for((x, y, (x_held, y_held)), (32,), 10, optimizer=Adam(0.003))
    alone.fit(x, y, epochs=12, validation_data=(x_held, y_held), verbose=0)
    np.testing.assert_array_equal(with_doctor.theta.data, alone.theta.data)


def test_looks_and_logs_reach_the_case():
    doctor = Doctor(verbose=0)
    model = fit(doctor)
    assert doctor.case is not None
    assert doctor.case.looks[0].step == 0
    assert len(doctor.case.looks) > 10
    assert doctor.case.history["loss"] == model.history.history["loss"]
    assert doctor.case.history["learning_rate"] == [0.003] * 12
    assert (doctor.case.batch_size, doctor.case.epochs) == (32, 12)


def test_numbers_that_are_not_finite_end_training_gently(capsys: pytest.CaptureFixture[str]):
    x, y, held = data("moons")
    model = model_for((x, y, held), (layers.Dense(16, "relu"), Root()), 2)
    doctor = Doctor()
    model.fit(x, y, epochs=5, callbacks=[doctor], verbose=0)
    assert doctor.findings[0].rule == "non_finite"
    assert "Training stopped at batch 0" in capsys.readouterr().out
    with pytest.raises(NonFinite):
        model.fit(x, y, epochs=5, callbacks=[Doctor(verbose=0, raise_error=True)], verbose=0)


class Stream(PyDataset):
    def __init__(self, x, y):
        super().__init__()
        self.x, self.y = x, y

    def __len__(self):
        return len(self.x) // 20

    def __getitem__(self, i):
        return self.x[20 * i : 20 * i + 20], self.y[20 * i : 20 * i + 20]


def test_weights_reach_the_case():
    x, y, held = data("moons")
    model, doctor = model_for((x, y, held), (8,), 2), Doctor(verbose=0)
    own = np.arange(len(x)) % 3
    model.fit(x, y, epochs=1, sample_weight=own, class_weight={1: 5.0}, callbacks=[doctor], verbose=0)
    assert doctor.case is not None
    np.testing.assert_array_equal(doctor.case.sample_weight, np.where(y == 1, 5 * own, own))
    model.fit(x, y, epochs=1, callbacks=[doctor], verbose=0)
    assert doctor.case.sample_weight is None


@pytest.mark.parametrize("kind", ["dataset", "generator"])
def test_of_a_stream_the_first_batches_are_kept(kind: str):
    x, y, held = data("moons")
    x = 300 * x
    model = model_for((x, y, held), (16,), 2)
    doctor = Doctor(verbose=0)
    source = Stream(x, y)
    batches = source if kind == "dataset" else (source[i % len(source)] for i in range(10_000))
    model.fit(batches, epochs=3, steps_per_epoch=len(source), callbacks=[doctor], verbose=0)
    assert doctor.case is not None
    assert doctor.case.batch_size == 20
    assert {tuple(row) for row in doctor.case.x} <= {tuple(row) for row in x}
    assert len(doctor.case.x) >= 320
    assert [finding.rule for finding in doctor.findings] == ["unscaled_inputs"]


def test_it_is_asked_after_all_others():
    """What EarlyStopping restores is what is examined."""
    doctor = Doctor(verbose=0)
    x, y, held = data("moons")
    model = model_for((x, y, held), (16,), 2)
    stop = EarlyStopping(patience=2, restore_best_weights=True)
    model.fit(x, y, epochs=60, validation_data=held, callbacks=[doctor, stop], verbose=0)
    assert doctor.case is not None
    assert doctor.case.model is model
    assert doctor.last


def test_a_doctor_serves_again():
    doctor = Doctor(verbose=0)
    fit(doctor, scale=255)
    fit(doctor)
    assert doctor.findings == []


def test_wrong_arguments_are_told():
    with pytest.raises(InvalidArgument, match="Doctor, argument verbose"):
        Doctor(verbose=3)
    assert pellucid.callbacks.Doctor is Doctor
