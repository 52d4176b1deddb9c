"""What the simulated clouds know: their types, identifiers, texts of refusal, and how nodes come up."""
