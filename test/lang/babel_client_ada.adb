--  babel_client_ada.adb - a client of test/lang/babel.nid in Ada, on a run-time of one package (lang/ada).
--  babel-client-ada PATH: the server's name.

with Interfaces; use Interfaces;
with System;

function Babel_Client_Ada (Count : Integer; Arguments : System.Address) return Integer is

   subtype Status is Unsigned_32;
   subtype Handle is Unsigned_32;
   type Size is mod System.Memory_Size;
   type Bytes is array (Positive range <>) of Unsigned_8;
   type Words is array (Positive range <>) of Unsigned_32;
   type Halves is array (Positive range <>) of Unsigned_16;

   --  As doc/interfaces.md lays it out: every field on a multiple of its size.
   type Saved is record
      Sent_Size : Unsigned_32 := 88;
      Small     : Unsigned_16 := 0;
      Colour    : Unsigned_8 := 0;
      Ready     : Unsigned_8 := 0;
      Big       : Unsigned_64 := 0;
      Delta_Ns  : Integer_64 := 0;
      Who       : Words (1 .. 4) := (others => 0);
      Label     : Bytes (1 .. 12) := (others => 0);
      Mode      : Unsigned_32 := 0;
      Counts    : Words (1 .. 4) := (others => 0);
      Half      : Halves (1 .. 3) := (others => 0);
      Tail      : Integer_16 := 0;
      Added     : Unsigned_32 := 0;
      Reserved  : Unsigned_32 := 0;
   end record with Convention => C, Size => 88 * 8;

   function Connect (Path : System.Address; Connection : access Handle) return Status
     with Import, Convention => C, External_Name => "stub_babel_connect";
   function Small
     (Babel : Handle; A : Unsigned_8; B : Integer_8; C : Unsigned_16; D : Integer_16; E : Unsigned_8;
      A1 : access Unsigned_8; B1 : access Integer_8; C1 : access Unsigned_16; D1 : access Integer_16;
      E1 : access Unsigned_8) return Status
     with Import, Convention => C, External_Name => "stub_babel_small";
   function Wide
     (Babel : Handle; A : Unsigned_64; B : Integer_64; Sum : access Unsigned_64; Difference : access Integer_64)
      return Status
     with Import, Convention => C, External_Name => "stub_babel_wide";
   function Store (Babel : Handle; Item : access Saved; Name : System.Address; Kept : access Unsigned_32) return Status
     with Import, Convention => C, External_Name => "stub_babel_store";
   function Describe
     (Babel : Handle; Name : System.Address; Item : access Saved; Text : System.Address; Room : Size;
      Length : access Size) return Status
     with Import, Convention => C, External_Name => "stub_babel_describe";
   function Fail (Babel : Handle; Wanted : Unsigned_32) return Status
     with Import, Convention => C, External_Name => "stub_babel_fail";
   procedure Say (Format : System.Address; Text : System.Address)
     with Import, Convention => C, External_Name => "printf";

   Name     : constant String := "record 0" & ASCII.NUL;
   Good     : constant String := "Ada at %s: all as it should be" & ASCII.LF & ASCII.NUL;
   Far      : constant String := "%s cannot be reached" & ASCII.LF & ASCII.NUL;
   Bad      : constant String := "not so: %s" & ASCII.LF & ASCII.NUL;
   Wrong    : Natural := 0;

   procedure Expect (Is_So : Boolean; What : String) is
   begin
      if not Is_So then
         Say (Bad'Address, What'Address);
         Wrong := Wrong + 1;
      end if;
   end Expect;

   procedure Numbers (Babel : Handle) is
      A1         : aliased Unsigned_8 := 9;
      B1         : aliased Integer_8 := 9;
      C1         : aliased Unsigned_16 := 9;
      D1         : aliased Integer_16 := 9;
      E1         : aliased Unsigned_8 := 9;
      Sum        : aliased Unsigned_64 := 0;
      Difference : aliased Integer_64 := 0;
   begin
      Expect (Small (Babel, 255, -128, 65_535, 32_767, 0, A1'Access, B1'Access, C1'Access, D1'Access, E1'Access) = 0,
              "small answers" & ASCII.NUL);
      Expect (A1 = 0 and then B1 = -127 and then C1 = 0 and then D1 = -32_768 and then E1 = 1,
              "its numbers" & ASCII.NUL);
      Expect (Wide (Babel, 2 ** 40, -1, Sum'Access, Difference'Access) = 0, "wide answers" & ASCII.NUL);
      Expect (Sum = 2 ** 40 - 1 and then Difference = 2 ** 40 + 1, "its numbers" & ASCII.NUL);
   end Numbers;

   procedure Copied (Babel : Handle) is
      Sent, Came : aliased Saved;
      Text       : String (1 .. 32) := (others => ' ');
      Length     : aliased Size := 0;
      Kept       : aliased Unsigned_32 := 0;
   begin
      Sent.Big := 16#1234_5678_9ABC_DEF0#;
      Sent.Delta_Ns := -5_000_000_000;
      Sent.Colour := 5;
      Sent.Label (1) := Character'Pos ('A');
      Expect (Store (Babel, Sent'Access, Name'Address, Kept'Access) = 0 and then Kept >= 1,
              "store keeps a record" & ASCII.NUL);
      Expect (Describe (Babel, Name'Address, Came'Access, Text'Address, 32, Length'Access) = 0,
              "describe answers" & ASCII.NUL);
      Expect (Came.Big = Sent.Big and then Came.Delta_Ns = Sent.Delta_Ns and then Came.Label (1) = Sent.Label (1),
              "the record is as it was" & ASCII.NUL);
      Expect (Length = 10 and then Text (1 .. 10) = "[record 0]", "its text" & ASCII.NUL);
      Expect (Fail (Babel, 128) = 128, "errors come as statuses" & ASCII.NUL);
   end Copied;

   type Address_List is array (0 .. 2) of System.Address;
   Given : Address_List with Import, Address => Arguments;
   Babel : aliased Handle := 0;
begin
   if Count < 2 then
      return 1;
   end if;
   if Connect (Given (1), Babel'Access) /= 0 then
      Say (Far'Address, Given (1));
      return 1;
   end if;
   Numbers (Babel);
   Copied (Babel);
   if Count > 2 then
      --  A third argument makes an index that is out of range, which the compiler's check must stop.
      declare
         List : Bytes (1 .. 3) := (others => 0);
      begin
         List (Count + 1) := 1;
         return Integer (List (Count));
      end;
   end if;
   if Wrong = 0 then
      Say (Good'Address, Given (1));
   end if;
   return Wrong;
end Babel_Client_Ada;
