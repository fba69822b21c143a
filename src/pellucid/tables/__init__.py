"""Tables: files and data frames of columns of any kind, and what makes numbers of them."""

from .attaching import Attached, attach, attached
from .encoder import TableEncoder
from .loading import TableData, load_table
from .reading import is_table, read_blocks, read_table
from .streaming import is_large, stream_table
from .table import Table
from .targets import Targets
from .windows import Windows, parted, windows_of

__all__ = [
    "Attached",
    "Table",
    "TableData",
    "TableEncoder",
    "Targets",
    "Windows",
    "attach",
    "attached",
    "is_large",
    "is_table",
    "load_table",
    "parted",
    "read_blocks",
    "read_table",
    "stream_table",
    "windows_of",
]
