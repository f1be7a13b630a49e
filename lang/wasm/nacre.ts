// nacre.ts - what an AssemblyScript program on Nacre can ask of its host (lang/wasm/host.c): connections to servers by name,
// messages through them, text to the console. A connection is a small number of the host's; a program reaches nothing else.

@external("nacre", "print") declare function host_print(text: usize, size: i32): void;
@external("nacre", "connect") declare function host_connect(path: usize, size: i32): i32;
@external("nacre", "ask") declare function host_ask(connection: i32, opcode: i32, words: usize, bytes: usize, size: i32,
                                                    room: usize, roomSize: i32): i32;
@external("nacre", "argument") declare function host_argument(index: i32, room: usize, roomSize: i32): i32;

export const WORDS = 5;

/** A line on the console. */
export function print(text: string): void {
  const bytes = String.UTF8.encode(text + "\n");
  host_print(changetype<usize>(bytes), bytes.byteLength);
}

/** An argument of the program's, or nothing. */
export function argument(index: i32): string {
  const room = new ArrayBuffer(256);
  const size = host_argument(index, changetype<usize>(room), room.byteLength);
  return size > 0 ? String.UTF8.decodeUnsafe(changetype<usize>(room), size) : "";
}

/** A message to a server: an opcode, five words, bytes; and what came back. */
export class Request {
  words: StaticArray<u64> = new StaticArray<u64>(WORDS);
  bytes: ArrayBuffer = new ArrayBuffer(0);
  room: ArrayBuffer = new ArrayBuffer(0);
  /** Bytes that came back. */
  length: i32 = 0;

  constructor(public opcode: i32) {}

  /** Fills a word. */
  word(index: i32, value: u64): Request {
    this.words[index] = value;
    return this;
  }

  /** Text to copy to the server. */
  text(text: string): Request {
    this.bytes = String.UTF8.encode(text);
    return this;
  }

  /** Room for bytes that come back; word 4 says how much. */
  roomFor(size: i32): Request {
    this.room = new ArrayBuffer(size);
    return this.word(4, size);
  }

  /** The bytes that came back, as text. */
  answer(): string {
    return String.UTF8.decodeUnsafe(changetype<usize>(this.room), this.length);
  }
}

/** A connection to a server. */
export class Connection {
  private constructor(private number: i32) {}

  /** Connects to what is published under a path; null: the host says why not. */
  static to(path: string): Connection | null {
    const bytes = String.UTF8.encode(path);
    const number = host_connect(changetype<usize>(bytes), bytes.byteLength);
    return number < 0 ? null : new Connection(number);
  }

  /** Asks and waits. Answers the status, 0 is success; the answer's words are in the request's. */
  ask(request: Request): i32 {
    const words = changetype<usize>(request.words);
    const status = host_ask(this.number, request.opcode, words, changetype<usize>(request.bytes), request.bytes.byteLength,
                            changetype<usize>(request.room), request.room.byteLength);
    // The host puts the length behind success: statuses are below 2^16.
    request.length = status < 0 ? 0 : status >>> 16;
    return status & 0xffff;
  }
}
