"""What a report says and how its papers look: decisions on plain figures."""
