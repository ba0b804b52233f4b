from engine.manifest.model import Application
from engine.model.state import Change
def diff(old: Application | None, new: Application) -> list[Change]:
    return []
