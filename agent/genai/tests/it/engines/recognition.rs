//! Who is meant at paths that several have.

use genai::Verdict;
use wire::{Direction, End, Notice};

use super::{HOST, asked, llama_cpp, sglang, streamed, tgi};
use crate::samples;
use crate::talk::Talk;

#[test]
fn the_answer_tells_who_it_was() {
    for (path, body, events, api) in [
        ("/generate", tgi::BODY, &tgi::EVENTS[..], "tgi_generate"),
        ("/generate", sglang::BODY, &sglang::EVENTS[..], "sglang_generate"),
        ("/completion", llama_cpp::BODY, &llama_cpp::EVENTS[..], "llama_cpp_completion"),
        ("/infill", llama_cpp::BODY, &llama_cpp::EVENTS[..], "llama_cpp_completion"),
    ] {
        let call = streamed(path, body, events).call();
        assert_eq!((call.api.name, call.unknown_shape), (api, 0), "{path}");
        // Joined late.
        let call = Talk::new().sse().events(events).end(End::Complete).call();
        assert_eq!((call.api.name, call.joined_late), (api, true), "{path}");
        // Half the request was lost on the way.
        let talk = Talk::new()
            .request("POST", HOST, path)
            .notice(Direction::ToServer, Notice::Gap(70_000))
            .body(Direction::ToServer, "x\"}")
            .end_request(End::Complete)
            .sse();
        let call = talk.events(events).end(End::Complete).call();
        assert_eq!((call.api.name, call.lossy), (api, true), "{path}");
        assert_eq!(call.request.prompt, None);
    }
}

#[test]
fn web_applications_at_the_same_paths_are_not_calls() {
    for (path, body) in [
        ("/generate", r#"{"text":"x"}"#),
        ("/generate", r#"{"inputs":"x"}"#),
        ("/completion", r#"{"prompt":"x"}"#),
        ("/embedding", r#"{"content":"x"}"#),
        ("/", r#"{"inputs":"x"}"#),
        ("/generate", r#"{"report":1}"#),
    ] {
        for answer in
            [r#"{"ok":true}"#, r#"{"text":"x","id":"1"}"#, r#"{"content":"x","stop":true}"#, "[]", "nonsense"]
        {
            let talk = asked(path, body).json(200).answer(answer).end(End::Complete);
            assert_eq!(talk.calls(), [], "{path} {body} {answer}");
            assert_eq!(talk.cut(1).calls(), []);
            assert_ne!(talk.interpreter().verdict(), Verdict::Foreign);
        }
    }
    // Nor are their bodies anywhere else.
    for (body, answer) in
        [(tgi::BODY, tgi::ANSWER), (sglang::BODY, sglang::EVENTS[3]), (llama_cpp::BODY, llama_cpp::EVENTS[3])]
    {
        assert_eq!(asked("/ask", body).json(200).answer(answer).end(End::Complete).calls(), []);
    }
    // And a chat of OpenAI's is one there too.
    let call =
        asked("/invocations", samples::REQUEST).json(200).answer(samples::ANSWER).end(End::Complete).call();
    assert_eq!(call.api.name, "chat_completions");
}
