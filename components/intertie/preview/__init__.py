"""Graph and plan of the stacks of a project, with no cloud, credentials or CLI.

from intertie.preview import preview

preview(Path("."), ["aws-use1"]).to_json()
preview(Path("."), spec_file=Path("mine.yaml")).verdict
"""

from intertie.preview.judge import judged
from intertie.preview.run import preview
from intertie.preview.types import Preview, StackPreview

__all__ = ["Preview", "StackPreview", "judged", "preview"]
