"""What split, subgroup and derive of an ExceptionGroup keep, for random trees: one line per operation.

A leaf is V1 or T1 (a ValueError or a TypeError), a group is (g1 !c1 V1 (g2 T2)): its message, its cause if it has one,
and its members. Each line has the tree, the operation, its results, and the exceptions for which the predicate was called.
"""
import itertools
import random

CLASSES = {"V": ValueError, "T": TypeError}
choose = random.Random(654)


def tree(numbers, depth):
    group = ExceptionGroup(f"g{next(numbers)}", list(members(numbers, depth)))
    if choose.random() < 0.4:
        group.__cause__ = OSError(f"c{next(numbers)}")
    return group


def members(numbers, depth):
    for _ in range(choose.randint(1, 3)):
        if depth > 0 and choose.random() < 0.5:
            yield tree(numbers, depth - 1)
        else:
            yield CLASSES[choose.choice("VT")](str(next(numbers)))


def name(exception):
    if isinstance(exception, ExceptionGroup):
        return exception.message
    return type(exception).__name__[0] + str(exception)


def shape(exception):
    if exception is None:
        return "-"
    if not isinstance(exception, ExceptionGroup):
        return name(exception)
    cause = [] if exception.__cause__ is None else [f"!{exception.__cause__}"]
    return "(" + " ".join([exception.message, *cause, *map(shape, exception.exceptions)]) + ")"


def number(exception):
    return int(name(exception)[1:])


PREDICATES = {
    "type": lambda exception: isinstance(exception, TypeError),
    "odd": lambda exception: number(exception) % 2 == 1,
    "third": lambda exception: number(exception) % 3 == 2,
    "root": lambda exception: name(exception) == "g0",
    "none": lambda exception: False,
}

for index in range(60):
    group = tree(itertools.count(), index % 5)
    for called, predicate in PREDICATES.items():
        calls = []

        def matches(exception):
            calls.append(name(exception))
            return predicate(exception)

        halves = " | ".join(map(shape, group.split(matches)))
        print(shape(group), "/ split", called, "/", halves, "/", " ".join(calls))
        print(shape(group), "/ subgroup", called, "/", shape(group.subgroup(predicate)), "/ ")
    print(shape(group), "/ derive first /", shape(group.derive(group.exceptions[:1])), "/ ")
