"""The dashboard: draws the engine's state and sends it commands. It holds no engine logic and may die at any time.

Open `app.py`: it wires the link to the engine (`link.py`), the screens and the registry of actions (`actions.py`)
together. What a key does is a function in `handlers/`; what is drawn is in `panes/`, `screens/` and `widgets/`.
"""
