"""A table to try things with: readings of pumps, made up by the formula below, and free for any use (CC0)."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta

import numpy as np

from ..rng import Key

ROWS = 1500
COLUMNS = ("day", "site", "model", "hours_since_service", "temperature", "vibration", "pressure", "failed")
SITES, MODELS = ("harbour", "north", "south"), ("K20", "K35", "R7")


def pumps() -> str:
    """The table as CSV, the same each time. A pump fails the sooner the longer it has run unserviced and the more it
    shakes; old ones run hot; some readings of the vibration are missing.

    >>> print(*pumps().splitlines()[:2], sep="\\n")
    day,site,model,hours_since_service,temperature,vibration,pressure,failed
    2025-02-02,south,K35,2900,48.7,2.33,5.27,no
    """
    key = Key(20)
    names = ("day", "site", "model", "hours", "luck", "gap")
    day, site, model, hours, luck, gap = (key.fold(name).uniform((ROWS,)) for name in names)
    heat, shake, press = (key.fold(name).normal((ROWS,)) for name in ("heat", "shake", "press"))
    hours = (4000 * hours).round()
    temperature = 58 + hours / 400 + 6 * heat + 4 * (model < 1 / 3)
    vibration = np.exp(0.8 + 0.35 * shake + hours / 9000)
    pressure = 5.5 + 0.6 * press
    strain = hours / 900 + vibration * 0.9 + (temperature - 60) / 9 + (site < 1 / 3) - 6.5
    failed = 1 / (1 + np.exp(-2.2 * strain)) > luck
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for i in range(ROWS):
        writer.writerow([
            date(2025, 1, 1) + timedelta(days=int(365 * day[i])), SITES[int(3 * site[i])], MODELS[int(3 * model[i])],
            int(hours[i]), f"{temperature[i]:.1f}", "" if gap[i] < 0.04 else f"{vibration[i]:.2f}",
            f"{pressure[i]:.2f}", "yes" if failed[i] else "no",
        ])  # fmt: skip
    return file.getvalue()
