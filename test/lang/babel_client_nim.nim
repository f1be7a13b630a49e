## babel_client_nim - a client of test/lang/babel.nid in Nim, which becomes C, and so includes the stubs for C as they are.
## babel-client-nim PATH: the server's name.

const header = "idl/babel_client.h"

type
  Record {.importc: "struct babel_record", header: header.} = object
    big: uint64
    delta: int64
    colour: uint8
    label: array[12, cchar]
  Colour {.importc: "enum babel_colour", header: header, size: sizeof(cint).} = enum
    red = 0, green = 1, blue = 5

var
  broken {.importc: "BABEL_BROKEN", header: header, nodecl.}: uint32
  notFound {.importc: "STATUS_NOT_FOUND", header: header, nodecl.}: uint32

proc connect(path: cstring, connection: var uint32): uint32 {.importc: "babel_connect", header: header.}
proc small(babel: uint32, a: uint8, b: int8, c: uint16, d: int16, e: bool, a1: var uint8, b1: var int8, c1: var uint16,
           d1: var int16, e1: var bool): uint32 {.importc: "babel_small", header: header.}
proc wide(babel: uint32, a: uint64, b: int64, sum: var uint64, difference: var int64): uint32 {.importc: "babel_wide",
    header: header.}
proc choose(babel: uint32, colour: Colour, mode: uint32, next: var Colour, others: var uint32): uint32 {.
    importc: "babel_choose", header: header.}
proc store(babel: uint32, record: ptr Record, name: cstring, count: var uint32): uint32 {.importc: "babel_store",
    header: header.}
proc load(babel: uint32, name: cstring, record: var Record): uint32 {.importc: "babel_load", header: header.}
proc list(babel: uint32, words: cstring, wordsSize: csize_t, reversed: ptr char, reversedRoom: csize_t,
          reversedLength: var csize_t, count: var uint32): uint32 {.importc: "babel_list", header: header.}
proc fail(babel: uint32, status: uint32): uint32 {.importc: "babel_fail", header: header.}
proc errorName(status: uint32): cstring {.importc: "nacre_error_name", header: "nacre/error.h".}

var wrong = 0

proc expect(isSo: bool, what: string) =
  if not isSo:
    echo "not so: ", what
    inc wrong

proc numbers(babel: uint32) =
  var
    a: uint8
    b: int8
    c: uint16
    d: int16
    e: bool
    sum: uint64
    difference: int64
    next: Colour
    others: uint32
  expect small(babel, 255, -128, 65535, 32767, false, a, b, c, d, e) == 0, "small answers"
  expect a == 0 and b == -127 and c == 0 and d == -32768 and e, "its numbers"
  expect wide(babel, 1'u64 shl 40, -1, sum, difference) == 0, "wide answers"
  expect sum == (1'u64 shl 40) - 1 and difference == (1'i64 shl 40) + 1, "its numbers"
  expect choose(babel, green, 1, next, others) == 0 and next == blue, "choose answers the next"

proc copied(babel: uint32) =
  var
    sent, came: Record
    count: uint32
    length: csize_t
    room: array[64, char]
  sent.big = 0x123456789abcdef0'u64
  sent.colour = 5
  expect store(babel, addr sent, "record 0", count) == 0 and count >= 1, "store keeps a record"
  expect load(babel, "record 0", came) == 0 and came.big == sent.big and came.colour == 5, "load answers it"
  # Strings and sequences of Nim's own, out of its memory management.
  var words = ""
  for number in 1 .. 5:
    words.add "word " & $number & "\0"
  expect list(babel, cstring(words), csize_t(words.len), addr room[0], csize_t(room.len), length, count) == 0, "list answers"
  var reversed = newString(int(length))
  for index in 0 ..< int(length):
    reversed[index] = room[index]
  expect count == 5 and reversed[0 .. 6] == "word 5\0", "its strings"
  expect load(babel, "nothing", came) == notFound and fail(babel, broken) == broken, "errors come as statuses"

proc main(path: cstring): int =
  var babel: uint32
  let status = connect(path, babel)
  if status != 0:
    echo path, ": ", errorName(status)
    return 1
  numbers(babel)
  copied(babel)
  if wrong == 0:
    echo "Nim at ", path, ": all as it should be"
  wrong

var
  argumentCount {.importc: "cmdCount".}: cint
  arguments {.importc: "cmdLine".}: cstringArray

quit(if argumentCount == 2: main(arguments[1]) else: 1)
