"""One short YAML an experiment."""

if __name__ != "hasila.configs":
    raise ImportError("import hasila.configs, not configs: the folder is part of hasila")
