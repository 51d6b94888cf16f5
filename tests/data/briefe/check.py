#!/usr/bin/env python3
"""Checks the labels of the letters against the Musterplan.

Each `blatt` exists in the plan, is a leaf and takes new files. The letters are a held-out set:
no example and no keyword of the plan may share six words in a row with one of them. (Fewer are
set phrases, such as "Antrag auf Änderung des Familiennamens".) Exit code 1 if anything is wrong.
"""

import csv
import re
import sys
from datetime import date
from pathlib import Path

HERE = Path(__file__).resolve().parent
PLAN = HERE.parents[2] / "aktenplan" / "muster" / "plan.csv"
RUN = 6


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";", strict=True))


def runs(text):
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[i : i + RUN]) for i in range(len(words) - RUN + 1)}


def check_plan(wrong):
    """The leaves by number. A row without a title is a further rule of the unit above it."""
    units = {}
    for unit in rows(PLAN):
        if not unit["bezeichnung"]:
            continue
        if unit["nummer"] in units:
            wrong.append(f"plan: {unit['nummer']} occurs twice")
        units[unit["nummer"]] = unit
    inner = {unit["uebergeordnet"] for unit in units.values()} - {""}
    wrong += [f"plan: {number} is above others but missing" for number in inner - units.keys()]
    leaves = {number: unit for number, unit in units.items() if number not in inner}
    for number, leaf in leaves.items():
        examples = [e for e in leaf["beispiele"].split(" | ") if e.strip()]
        keywords = [k for k in leaf["stichworte"].split(",") if k.strip()]
        if len(examples) != 3 or len(keywords) < 4 or not leaf["aktentyp"]:
            wrong.append(f"plan: leaf {number} is not complete")
    return units, leaves


def check_letters(units, leaves, wrong):
    """The texts by file name."""
    letters = rows(HERE / "briefe.csv")
    names = [letter["datei"] for letter in letters]
    files = {path.name for path in HERE.glob("[0-9][0-9][0-9].txt")}
    wrong += [f"{name}: occurs twice" for name in sorted(set(names)) if names.count(name) > 1]
    wrong += [f"{name}: row or file is missing" for name in sorted(set(names) ^ files)]
    for letter in letters:
        name, leaf = letter["datei"], letter["blatt"] or "(none)"
        date.fromisoformat(letter["datum"])
        if leaf not in units:
            wrong.append(f"{name}: {leaf} is not in the plan")
        elif leaf not in leaves:
            wrong.append(f"{name}: {leaf} has units below it")
        elif leaves[leaf]["stillgelegt"]:
            wrong.append(f"{name}: {leaf} takes no new files")
    return {name: (HERE / name).read_text(encoding="utf-8") for name in sorted(files)}


def main():
    wrong = []
    units, leaves = check_plan(wrong)
    texts = check_letters(units, leaves, wrong)
    seen = {}
    for name, text in texts.items():
        for run in runs(text):
            seen.setdefault(run, name)
    for number, leaf in leaves.items():
        for phrase in leaf["beispiele"].split("|") + leaf["stichworte"].split(","):
            for run in sorted(runs(phrase) & seen.keys()):
                wrong.append(f"plan: {number} shares \"{' '.join(run)}\" with {seen[run]}")
    for line in wrong:
        print(line)
    print(f"{len(texts)} letters, {len(leaves)} leaves, {len(wrong)} faults")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
