--  babel_client_ada.ads - the main function, as C starts it.

with System;

function Babel_Client_Ada (Count : Integer; Arguments : System.Address) return Integer
  with Export, Convention => C, External_Name => "main";
