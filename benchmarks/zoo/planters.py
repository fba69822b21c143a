"""All planters by name: what a row's `plants` may call for."""

from __future__ import annotations

from . import faulty_data, faulty_networks, more_plants, others_plants

IN_DATA = {**faulty_data.DATA, **others_plants.DATA, **more_plants.DATA}
IN_NETWORK = {**faulty_networks.MODEL, **others_plants.MODEL, **more_plants.MODEL}
