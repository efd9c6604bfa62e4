"""What stands behind the `course` command: building, the lab, the site, grading.

It stands on course_utils; no chapter imports it. Nothing is imported here: ``course --help`` waits for nothing.
"""

import sys
from types import ModuleType

# nbformat, and so every command that reads a notebook, imports jsonschema, which imports rfc3987_syntax where it can
# (jupyter-events installs it). That compiles a grammar for 1 s, to check addresses with letters of all scripts
# ("format": "iri"), and no notebook's schema has one. In place of it stands a module without its functions, and
# jsonschema goes without that format.
sys.modules.setdefault("rfc3987_syntax", ModuleType("rfc3987_syntax"))
