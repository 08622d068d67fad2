"""ESPnet's task and trainer for objective soups."""
