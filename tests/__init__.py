"""What no single room owns: the fences of the house, the permanent cast, journeys in a browser."""
