"""What every server of ours does alike: whom it answers, how it refuses, how it listens. Needs starlette and uvicorn."""
