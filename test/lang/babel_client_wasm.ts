// babel_client_wasm.ts - a client of test/lang/babel.nid in AssemblyScript: WebAssembly, made into C by wasm2c.
// babel-client-wasm PATH: the server's name.

import { argument, Connection, print, Request } from "../../lang/wasm/nacre";

@external("nacre", "print") declare function host_print(text: usize, size: i32): void;

// Numbers of test/lang/babel.nid.
const SMALL = 2, WIDE = 3, JOIN = 9, TICK = 16, TICKS = 17, FAIL = 19;
const BROKEN = 128, MALFORMED = 65, METHOD = 64;

let wrong = 0;

function expect(isSo: bool, what: string): void {
  if (isSo) return;
  wrong++;
  print("not so: " + what);
}

function numbers(babel: Connection): void {
  const small = new Request(SMALL).word(0, 255).word(1, <u64>-128).word(2, 65535).word(3, 32767).word(4, 0);
  expect(babel.ask(small) == 0, "small answers");
  expect(small.words[0] == 0 && <i32>small.words[1] == -127 && small.words[2] == 0 && <i32>small.words[3] == -32768 &&
         small.words[4] == 1, "its numbers");
  const wide = new Request(WIDE).word(0, 0).word(1, 1 << 8).word(2, 0xffffffff).word(3, 0xffffffff);
  expect(babel.ask(wide) == 0, "wide answers");
  expect(wide.words[0] == 0xffffffff && wide.words[1] == 255 && wide.words[2] == 1 && wide.words[3] == 256, "its numbers");
}

function copied(babel: Connection): void {
  // Two runs: the length of the first, four zero bytes, the first, the second.
  const join = new Request(JOIN).text("\x03\0\0\0\0\0\0\0one two").roomFor(64);
  expect(babel.ask(join) == 0 && join.answer() == "one two", "join answers both runs");
  const short = new Request(JOIN).text("\x63\0\0\0\0\0\0\0one").roomFor(64);
  expect(babel.ask(short) == MALFORMED, "a length that is not there is refused");
  expect(babel.ask(new Request(TICK).word(0, 7).text("grüße")) == 0, "tick answers");
  const ticks = new Request(TICKS).roomFor(32);
  expect(babel.ask(ticks) == 0 && ticks.words[0] == 7 && ticks.answer() == "grüße", "ticks answers the count and the note");
  expect(babel.ask(new Request(FAIL).word(0, BROKEN)) == BROKEN && babel.ask(new Request(99)) == METHOD, "errors are statuses");
}

export function main(): i32 {
  const path = argument(1);
  const babel = Connection.to(path);
  if (!babel) {
    print(path + " cannot be reached");
    return 1;
  }
  numbers(babel);
  copied(babel);
  if (argument(2) == "beyond") {
    // Text that the module does not have: the host must stop it, and not read there.
    host_print(0xfffffff0, 64);
  }
  if (!wrong) print("WebAssembly at " + path + ": all as it should be");
  return wrong;
}
