"""Objective Soups: multilingual multi-task speech models with conflict-aware weights, on ESPnet."""
