"""Runs the Python program on standard input. componentize-py makes a component of this file and the modules that it imports; a component
has no files to find others in."""

import base64
import binascii
import bisect
import collections
import contextlib
import csv
import dataclasses
import datetime
import decimal
import difflib
import fractions
import functools
import hashlib
import heapq
import html
import io
import itertools
import json
import math
import random
import re
import statistics
import string
import struct
import sys
import textwrap
import types
import unicodedata
import urllib.parse
import zlib

from componentize_py_types import Err


class Run:
    def run(self) -> None:
        try:
            exec(compile(sys.stdin.read(), "program", "exec"), dict(globals()))
        except Exception as failure:
            print(type(failure).__name__, failure, file=sys.stderr)
            raise Err(None) from failure
