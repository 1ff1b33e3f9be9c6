"""The mapping kit: how a table of one side becomes a record of the other. Pure, no input or output.

`fields` is what integrators write, `entity` collects it, `rule` is one field as the engine uses
it, `convert` holds the pairs of inverses, `merge` decides which way a field goes, and `columns`
is plain data on the remote columns.
"""

from __future__ import annotations
