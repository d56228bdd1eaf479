find_dependency(simdjson 3.0)
