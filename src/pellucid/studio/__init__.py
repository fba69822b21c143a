"""The studio: design, train and understand a network in the browser.

Needs the packages starlette, uvicorn and websockets: `pip install 'pellucid[studio]'`. What page and server say to each
other stands in PROTOCOL.md; the page's source in `studio-web/`, as it is built in `static/`.
"""

from .options import Options
from .server import studio

__all__ = ["Options", "studio"]
