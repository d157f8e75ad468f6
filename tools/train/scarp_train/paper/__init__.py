"""The papers' tables: what each needs, what that costs, how it is scored, and the published rows beside ours."""
