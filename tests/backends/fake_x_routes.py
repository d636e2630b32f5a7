# SPDX-License-Identifier: GPL-2.0-or-later
"""The endpoints of the fake X, one function each."""
from fake_x import (missing, page_of_events, page_of_people, page_of_posts,
                    include, problem, route, show_post, show_user)

# ---------------------------------------------------------------------- people


@route("GET", "users/me")
def me(x, r):
    return 200, {"data": show_user(r, x.people[r.user])}


@route("GET", "users/search")
def user_search(x, r):
    words = r.query["query"].lower()
    return page_of_people(x, r, [
        i for i, u in x.people.items()
        if words in u["username"].lower() or words in u["name"].lower()])


@route("GET", "users/personalized_trends")
def trends(x, r):
    return 200, {"data": [{"trend_name": t} for t in x.trends]}


@route("GET", "trends/by/woeid/*")
def trends_at(x, r, woeid):
    return 200, {"data": [{"trend_name": t, "tweet_count": 1}
                          for t in x.trends]}


@route("GET", "users/by/username/*")
def user_by_name(x, r, name):
    u = x.find(name)
    return (200, {"data": show_user(r, u)}) if u else missing("user", name)


@route("GET", "users")
def users(x, r):
    found = [x.people[i] for i in r.query["ids"].split(",")
             if i in x.people]
    return 200, {"data": [show_user(r, u) for u in found]}


@route("GET", "users/*")
def user(x, r, i):
    if i not in x.people:
        return missing("user", i)
    return 200, {"data": show_user(r, x.people[i])}


# ----------------------------------------------------------------------- posts

@route("GET", "users/*/timelines/reverse_chronological")
def timeline(x, r, i):
    if i != r.user:
        return problem(403, "Forbidden", "You may not read that timeline.")
    authors = set(x.relations["following", i]) | {i}
    return page_of_posts(x, r, [p for p in x.posts.values()
                                if p["author_id"] in authors],
                         1, 100, 100)


@route("GET", "users/*/tweets")
def user_posts(x, r, i):
    if i not in x.people:
        return missing("user", i)
    if x.people[i]["protected"] and i != r.user and \
            i not in x.relations["following", r.user]:
        return 200, {"errors": [{
            "title": "Authorization Error", "resource_type": "user",
            "detail": "Sorry, you are not authorized to see the user with id:"
                      " [%s]." % i, "value": i,
            "type": "https://api.x.com/2/problems/"
                    "not-authorized-for-resource"}]}
    return page_of_posts(x, r, [p for p in x.posts.values()
                                if p["author_id"] == i])


@route("GET", "users/*/mentions")
def mentions(x, r, i):
    return page_of_posts(x, r, [
        p for p in x.posts.values()
        if any(m["id"] == i for m in p.get("entities", {}).get("mentions",
                                                               []))])


@route("GET", "tweets/search/recent")
def search(x, r):
    query = r.query["query"].lower()
    if query.startswith("conversation_id:"):
        found = [p for p in x.posts.values()
                 if p["conversation_id"] == query.split(":")[1].split()[0]]
    else:
        found = [p for p in x.posts.values() if query in p["text"].lower()]
    return page_of_posts(x, r, found, 10, 100)


@route("GET", "tweets/*")
def post(x, r, i):
    if i not in x.posts:
        return missing("tweet", i)
    answer = {"data": show_post(r, x.posts[i])}
    includes = include(x, r, [x.posts[i]])
    if includes:
        answer["includes"] = includes
    return 200, answer


@route("GET", "tweets")
def posts(x, r):
    found = [x.posts[i] for i in r.query["ids"].split(",") if i in x.posts]
    answer = {"data": [show_post(r, p) for p in found]}
    includes = include(x, r, found)
    if includes:
        answer["includes"] = includes
    return 200, answer


@route("POST", "tweets")
def post_create(x, r):
    text = r.body.get("text", "")
    if not text and "media" not in r.body:
        return problem(400, "Invalid Request", "text must not be empty")
    if any(p["text"] == text and p["author_id"] == r.user
           for p in x.posts.values()) and text:
        return problem(403, "Forbidden", "You are not allowed to create a "
                       "Tweet with duplicate content.")
    more = {}
    if "media" in r.body:
        ids = r.body["media"]["media_ids"]
        some = [x.uploads.get(i) for i in ids]
        if not all(u and u["done"] and u["user"] == r.user and
                   u["category"].startswith("tweet_") for u in some):
            return problem(400, "Invalid Request",
                           "Your media IDs are invalid.")
        if len(ids) > 4 or (len(ids) > 1 and any(
                u["category"] != "tweet_image" for u in some)):
            return problem(400, "Invalid Request", "too many media")
        more["attachments"] = {"media_keys": ["3_" + i for i in ids]}
    parent = r.body.get("reply", {}).get("in_reply_to_tweet_id")
    for other in parent, r.body.get("quote_tweet_id"):
        if other and other not in x.posts:
            return problem(403, "Forbidden", "You attempted to reply to a "
                           "Tweet that is deleted or not visible to you.")
    p = x.post(x.people[r.user]["username"], text,
               reply_to=parent,
               quote=r.body.get("quote_tweet_id"), **more)
    return 201, {"data": {"id": p["id"], "text": text,
                          "edit_history_tweet_ids": [p["id"]]}}


@route("DELETE", "tweets/*")
def post_delete(x, r, i):
    if i not in x.posts:
        return problem(404, "Not Found")
    if x.posts[i]["author_id"] != r.user:
        return problem(403, "Forbidden",
                       "You are not authorized to delete this Tweet.")
    del x.posts[i]
    return 200, {"data": {"deleted": True}}


# ------------------------------------------------------------------- relations

def relation(name, key, verb, of_posts=False):
    """POST and DELETE of users/*/NAME: x.relations[name, id] is a list."""
    def add(x, r, i):
        target = r.body[key]
        if i != r.user:
            return problem(403, "Forbidden")
        if target not in (x.posts if of_posts else x.people):
            return problem(404, "Not Found")
        if target not in x.relations[name, i]:
            x.relations[name, i].append(target)
        data = {verb: True}
        if name == "following":
            pending = x.people[target]["protected"]
            data["pending_follow"] = pending
            if pending:
                x.relations[name, i].remove(target)
                data[verb] = False
        if name == "retweets":
            mine = x.post(x.people[i]["username"], "RT: " +
                          x.posts[target]["text"], repost=target)
            data["id"] = data["rest_id"] = mine["id"]
        return 200, {"data": data}

    def remove(x, r, i, target):
        if i != r.user:
            return problem(403, "Forbidden")
        if target in x.relations[name, i]:
            x.relations[name, i].remove(target)
        return 200, {"data": {verb: False}}

    route("POST", "users/*/" + name)(add)
    route("DELETE", "users/*/%s/*" % name)(remove)


relation("likes", "tweet_id", "liked", True)
relation("retweets", "tweet_id", "retweeted", True)
relation("following", "target_user_id", "following")
relation("muting", "target_user_id", "muting")


@route("GET", "users/*/following")
def following(x, r, i):
    return page_of_people(x, r, x.relations["following", i])


@route("GET", "users/*/followers")
def followers(x, r, i):
    return page_of_people(x, r, [
        who for (name, who), whom in list(x.relations.items())
        if name == "following" and i in whom])


@route("GET", "users/*/muting")
def muting(x, r, i):
    return page_of_people(x, r, x.relations["muting", i])


@route("GET", "users/*/blocking")
def blocking(x, r, i):
    return page_of_people(x, r, x.relations["blocking", i])


@route("POST", "users/*/dm/block")
def dm_block(x, r, i):
    if i not in x.relations["blocking", r.user]:
        x.relations["blocking", r.user].append(i)
    return 200, {"data": {"blocked": True}}


@route("POST", "users/*/dm/unblock")
def dm_unblock(x, r, i):
    if i in x.relations["blocking", r.user]:
        x.relations["blocking", r.user].remove(i)
    return 200, {"data": {"blocked": False}}


# ----------------------------------------------------------------------- lists

def lists(x, ids):
    some = [{k: v for k, v in x.lists[i].items() if k != "members"}
            for i in ids]
    answer = {"meta": {"result_count": len(some)}}
    if some:
        answer["data"] = some
    return 200, answer


@route("GET", "users/*/owned_lists")
def owned_lists(x, r, i):
    return lists(x, [k for k, v in x.lists.items() if v["owner_id"] == i])


@route("GET", "users/*/followed_lists")
def followed_lists(x, r, i):
    return lists(x, x.relations["lists", i])


@route("GET", "lists/*")
def one_list(x, r, i):
    if i not in x.lists:
        return missing("list", i)
    return 200, {"data": lists(x, [i])[1]["data"][0]}


@route("GET", "lists/*/tweets")
def list_posts(x, r, i):
    return page_of_posts(x, r, [p for p in x.posts.values()
                                if p["author_id"] in x.lists[i]["members"]],
                         1)


@route("GET", "lists/*/members")
def list_members(x, r, i):
    return page_of_people(x, r, x.lists[i]["members"], 100)


@route("POST", "lists/*/members")
def list_add(x, r, i):
    x.lists[i]["members"].append(r.body["user_id"])
    return 200, {"data": {"is_member": True}}


@route("DELETE", "lists/*/members/*")
def list_remove(x, r, i, who):
    x.lists[i]["members"].remove(who)
    return 200, {"data": {"is_member": False}}


# ------------------------------------------------------------- direct messages

@route("GET", "dm_events")
def dm_events(x, r):
    return page_of_events(x, r, x.events)


@route("GET", "dm_conversations/with/*/dm_events")
def dm_with(x, r, who):
    people = sorted([who, r.user], key=int)
    return page_of_events(x, r, [e for e in x.events if
                                 x.conversations[e["dm_conversation_id"]] ==
                                 people])


@route("GET", "dm_conversations/*/dm_events")
def dm_in(x, r, conversation):
    return page_of_events(x, r, [e for e in x.events if
                                 e["dm_conversation_id"] == conversation])


def sent(x, r, recipients, message, conversation=None):
    more = {}
    for a in message.get("attachments", []):
        more["attachments"] = {"media_keys": ["3_" + a["media_id"]]}
    e = x.dm(x.people[r.user]["username"], recipients,
             message.get("text", ""), conversation, **more)
    return 201, {"data": {"dm_conversation_id": e["dm_conversation_id"],
                          "dm_event_id": e["id"]}}


@route("POST", "dm_conversations/with/*/messages")
def dm_send(x, r, who):
    if who not in x.people:
        return problem(404, "Not Found")
    if r.user in x.relations["blocking", who]:
        return problem(403, "Forbidden", "You cannot send messages to this "
                       "user.")
    return sent(x, r, who, r.body)


@route("POST", "dm_conversations/*/messages")
def dm_send_in(x, r, conversation):
    people = x.conversations.get(conversation, [])
    if r.user not in people:
        return problem(403, "Forbidden", "You are not in that conversation.")
    return sent(x, r, [i for i in people if i != r.user], r.body,
                conversation)


@route("POST", "dm_conversations")
def dm_create(x, r):
    if r.body["conversation_type"] != "Group":
        return problem(400, "Invalid Request")
    return sent(x, r, r.body["participant_ids"], r.body["message"],
                x.new_id())


@route("DELETE", "dm_events/*")
def dm_delete(x, r, i):
    for e in x.events:
        if e["id"] == i:
            x.events.remove(e)
            return 200, {"data": {"deleted": True}}
    return problem(404, "Not Found")


@route("GET", "chat/conversations")
def chats(x, r):
    """The encrypted ones: x.chats are dicts of id, type and group_name."""
    some = x.chats[:int(r.query.get("max_results", 10))]
    return 200, {"data": some, "meta": {"result_count": len(some),
                                        "has_more": len(some) < len(x.chats)}}


# ----------------------------------------------------------------------- media

MOST = {"image": 5 << 20, "gif": 15 << 20, "video": 512 << 20}


@route("POST", "media/upload/initialize")
def media_begin(x, r):
    i = x.new_id()
    category, kind = r.body["media_category"], r.body["media_type"]
    of = category.split("_")[1]
    fits = kind == "image/gif" if of == "gif" else \
        kind.startswith("image/" if of == "image" else "video/")
    if not fits or not 0 < r.body["total_bytes"] <= MOST[of]:
        return problem(400, "Invalid Request", "media of the wrong size or "
                       "category")
    x.uploads[i] = {"bytes": b"", "type": kind, "done": False, "user": r.user,
                    "category": category, "segments": [], "states": [],
                    "total": r.body["total_bytes"]}
    return 200, {"data": {"id": i, "media_key": "3_" + i,
                          "expires_after_secs": 86400}}


@route("POST", "media/upload/*/append")
def media_append(x, r, i):
    upload = x.uploads[i]
    if isinstance(r.body, dict):
        index = r.body["segment_index"]
        import base64
        piece = base64.b64decode(r.body["media"])
    else:
        head = r.headers["Content-Type"].split("boundary=")[1].encode()
        for part in r.body.split(b"--" + head):
            about, _, data = part.partition(b"\r\n\r\n")
            if b'name="media"' in about:
                piece = data[:-2]
            elif b'name="segment_index"' in about:
                index = int(data)
    if len(piece) > 5000000 or index != len(upload["segments"]) or \
            upload["user"] != r.user:
        return problem(400, "Invalid Request", "a segment that is wrong")
    upload["segments"].append(index)
    upload["bytes"] += piece
    return 200, {"data": {"expires_at": int(x.now()) + 86400}}


@route("POST", "media/upload/*/finalize")
def media_end(x, r, i):
    upload = x.uploads[i]
    if len(upload["bytes"]) != upload["total"]:
        return problem(400, "Invalid Request", "bytes are missing")
    kind = "photo" if upload["category"].endswith("_image") else "video"
    x.media["3_" + i] = {"media_key": "3_" + i, "type": kind,
                         "url": "%s/image/%s" % (x.url, i)}
    data = {"id": i, "media_key": "3_" + i, "size": upload["total"]}
    if kind == "video":
        upload["states"] = list(x.processing)
        data["processing_info"] = processing(upload)
    else:
        upload["done"] = True
    return 200, {"data": data}


def processing(upload):
    state = upload["states"].pop(0) if upload["states"] else "succeeded"
    upload["done"] = state == "succeeded"
    info = {"state": state}
    if state in ("pending", "in_progress"):
        info["check_after_secs"] = 0
    return info


@route("GET", "media/upload")
def media_status(x, r):
    upload = x.uploads[r.query["media_id"]]
    return 200, {"data": {"id": r.query["media_id"],
                          "processing_info": processing(upload)}}


@route("POST", "media/metadata")
def media_text(x, r):
    key = "3_" + r.body["id"]
    text = r.body["metadata"]["alt_text"]["text"]
    x.media.setdefault(key, {"media_key": key, "type": "photo"})[
        "alt_text"] = text
    return 200, {"data": {"id": r.body["id"]}}
