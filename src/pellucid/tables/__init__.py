"""Tables: files and data frames of columns of any kind, and what makes numbers of them."""

from .attaching import Attached, attach, attach_targets, attached, attached_targets
from .encoder import TableEncoder
from .forecasts import Forecasts, forecasts_of, parted_in_time
from .loading import TableData, load_table
from .reading import is_table, read_blocks, read_table
from .streaming import is_large, stream_table
from .table import Table
from .targets import Targets
from .windows import Windows, parted, windows_of

__all__ = [
    "Attached",
    "Forecasts",
    "Table",
    "TableData",
    "TableEncoder",
    "Targets",
    "Windows",
    "attach",
    "attach_targets",
    "attached",
    "attached_targets",
    "forecasts_of",
    "is_large",
    "is_table",
    "load_table",
    "parted",
    "parted_in_time",
    "read_blocks",
    "read_table",
    "stream_table",
    "windows_of",
]
