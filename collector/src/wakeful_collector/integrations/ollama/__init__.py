"""The gateway before machines that run Ollama: wakes them, waits for them, serves, lets them sleep."""
