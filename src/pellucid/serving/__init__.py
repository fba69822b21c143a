"""Serving: trained models over HTTP, for rows as JSON or CSV and by the Open Inference Protocol.

Needs the packages starlette and uvicorn: `pip install 'pellucid[serve]'`.
"""

from .options import Options
from .server import serve
from .shelf import Shelf

__all__ = ["Options", "Shelf", "serve"]
