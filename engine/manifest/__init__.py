"""WADM applications: their model, made from a project's dependencies, read from files, validated, compared.

Open `generate.py`: from dependencies to an application. `decode.py` reads anybody's file, `validate.py` has wadm's rules.
"""
