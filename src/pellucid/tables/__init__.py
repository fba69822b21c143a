"""Tables: files and data frames of columns of any kind, and what makes numbers of them."""

from .attaching import Attached, attach, attached
from .encoder import TableEncoder
from .loading import TableData, load_table
from .reading import is_table, read_blocks, read_table
from .streaming import is_large, stream_table
from .table import Table
from .targets import Targets

__all__ = [
    "Attached",
    "Table",
    "TableData",
    "TableEncoder",
    "Targets",
    "attach",
    "attached",
    "is_large",
    "is_table",
    "load_table",
    "read_blocks",
    "read_table",
    "stream_table",
]
