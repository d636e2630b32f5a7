-- SPDX-License-Identifier: GPL-2.0-or-later
-- Commands with all that XEP-0050 knows, for test_xmpp_commands.py.
module:depends("adhoc");

local adhoc_new = module:require "adhoc".new;
local dataforms = require "util.dataforms";
local st = require "util.stanza";

local TYPE = "urn:test:steps";
local first = dataforms.new {
	title = "First"; instructions = "Who?";
	{ name = "FORM_TYPE"; type = "hidden"; value = TYPE };
	{ name = "token"; type = "hidden"; value = "kept" };
	{ name = "who"; type = "text-single"; label = "Name"; required = true };
};
local second = dataforms.new {
	title = "Second";
	{ name = "kinds"; type = "list-multi"; label = "Kinds";
	  options = { "red", { value = "blue", label = "Blue" } } };
};

local canceled = 0;

local function steps(_, data, state)
	local step = state and state.step;
	if data.action == "cancel" then
		canceled = canceled + 1;
		return { status = "canceled" }, nil;
	elseif not step or (step == 2 and data.action == "prev") then
		return { status = "executing"; form = first;
		    actions = { "next"; default = "next" } }, { step = 1 };
	elseif step == 1 then
		local filled = first:data(data.form);
		if filled.token ~= "kept" then
			return { status = "completed";
			    error = { message = "The token is lost." } };
		elseif filled.who == "nobody" then
			return { status = "executing"; form = first;
			    actions = { "next"; default = "next" };
			    error = { message = "There is no such person." } },
			    { step = 1 };
		end
		return { status = "executing"; form = second;
		    actions = { "prev", "complete"; default = "complete" } },
		    { step = 2; who = filled.who };
	end
	local filled = second:data(data.form);
	return { status = "completed"; info = state.who .. ": " ..
	    table.concat(filled.kinds or {}, "+") };
end

local function result(form)
	return { status = "completed"; other = form };
end

local function form_of()
	return st.stanza("x", { xmlns = "jabber:x:data", type = "result" });
end

local function with_table()
	local x = form_of():tag("title"):text("People"):up():tag("reported")
	    :tag("field", { var = "jid"; label = "Address" }):up()
	    :tag("field", { var = "n" }):up():up();
	for i = 1, 3 do
		x:tag("item"):tag("field", { var = "jid" }):tag("value")
		    :text("p" .. i .. "@xmpp.test"):up():up()
		    :tag("field", { var = "n" }):tag("value"):text(tostring(i))
		    :up():up():up();
	end
	return result(x);
end

local function with_lines()
	return result(form_of()
	    :tag("field", { var = "a"; label = "One" }):tag("value")
	    :text("1"):up():up()
	    :tag("field", { var = "b"; label = "Several" }):tag("value")
	    :text("x"):up():tag("value"):text("y"):up():up()
	    :tag("field", { type = "fixed" }):tag("value"):text("The end."));
end

local function failing()
	return { status = "error"; error = { type = "auth";
	    condition = "forbidden"; text = "Not you." } };
end

local function count()
	return { status = "completed"; info = "canceled: " .. canceled };
end

for node, handler in pairs {
	steps = steps; table = with_table; lines = with_lines;
	failing = failing; count = count;
} do
	module:provides("adhoc",
	    adhoc_new("Test of " .. node, "test#" .. node, handler, "any"));
end
