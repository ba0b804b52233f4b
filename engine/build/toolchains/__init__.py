"""One module a language: how its projects are recognised and what builds them."""
