"""What every server of ours does alike: whom it answers, how it refuses and listens. Needs starlette and uvicorn."""
