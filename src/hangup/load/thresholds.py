class Condition:
    pass


def parse(text):
    raise NotImplementedError
