//! A page read as far as the tests need it: elements with attributes and text, and what each is called.

use crate::world::Answer;

/// A page, and its elements in their order.
pub(crate) struct Page {
    pub(crate) text: String,
    policy: String,
    elements: Vec<Element>,
}

#[derive(Clone, Debug)]
struct Element {
    tag: String,
    attributes: Vec<(String, String)>,
    /// Of the whole element, without what is hidden from screen readers.
    words: String,
    /// Where it begins and ends, in elements.
    within: Vec<usize>,
}

/// A link of a page.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) name: String,
    pub(crate) to: String,
}

/// A form of a page.
pub(crate) struct Form {
    pub(crate) action: String,
    fields: Vec<(String, String)>,
}

const VOID: [&str; 7] = ["input", "meta", "link", "br", "wbr", "rect", "path"];

impl Page {
    #[track_caller]
    pub(crate) fn of(answer: Answer) -> Self {
        assert!(answer.header("content-type").starts_with("text/html"), "{answer:?}");
        let elements = read(&answer.text);
        Self { policy: answer.header("content-security-policy").to_owned(), text: answer.text, elements }
    }

    /// What holds for every page.
    #[track_caller]
    pub(crate) fn is_sound(&self) {
        let text = &self.text;
        assert!(
            self.policy.contains("default-src 'none'") && !self.policy.contains("unsafe"),
            "{}",
            self.policy
        );
        assert!(text.starts_with("<!doctype html>\n<html lang=\"en\">"), "{text}");
        assert_eq!(self.all("h1").count(), 1, "{text}");
        assert_eq!(self.all("main").count(), 1, "{text}");
        for element in &self.elements {
            for (name, value) in &element.attributes {
                assert!(name != "style" && !name.starts_with("on"), "{element:?}");
                assert!(!value.starts_with("javascript:") && !value.starts_with("data:"), "{element:?}");
            }
        }
        for script in self.all("script") {
            assert!(script.attribute("src").is_some() && script.words.is_empty(), "{script:?}");
        }
        let mut ids = self.attributes("id");
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all, "an id is there twice: {ids:?}");
        for reference in ["aria-labelledby", "aria-describedby", "for"] {
            for value in self.attributes(reference) {
                for id in value.split(' ') {
                    assert!(ids.contains(&id), "{reference}={id} leads nowhere");
                }
            }
        }
        for field in self.elements.iter().filter(|element| element.is_field()) {
            assert!(!self.name(field).is_empty(), "a field without a name: {field:?}");
        }
        for button in self.all("button") {
            assert!(!self.name(button).is_empty(), "a button without a name: {button:?}");
        }
        let mut level = 0;
        for heading in self.elements.iter().filter(|e| matches!(&*e.tag, "h1" | "h2" | "h3" | "h4")) {
            let next = heading.tag[1..].parse::<usize>().unwrap();
            assert!(next <= level + 1, "a heading is skipped before {heading:?}");
            level = next;
        }
    }

    pub(crate) fn links(&self) -> Vec<Link> {
        let links = self.all("a").filter(|a| a.attribute("href").is_some_and(|to| !to.is_empty()));
        links.map(|a| Link { name: self.name(a), to: a.attribute("href").unwrap().to_owned() }).collect()
    }

    /// What it loads.
    pub(crate) fn assets(&self) -> Vec<String> {
        let links = self.all("link").filter_map(|link| link.attribute("href"));
        links
            .chain(self.all("script").filter_map(|script| script.attribute("src")))
            .map(str::to_owned)
            .collect()
    }

    /// The accessible names of all elements of a tag.
    pub(crate) fn names_of(&self, tag: &str) -> Vec<String> {
        self.all(tag).map(|element| self.name(element)).collect()
    }

    /// The names of the fields that a person fills in.
    pub(crate) fn fields(&self) -> Vec<String> {
        self.elements.iter().filter(|element| element.is_field()).map(|element| self.name(element)).collect()
    }

    /// The names of the fields that are marked as wrong, each with a text that says why.
    #[track_caller]
    pub(crate) fn invalid(&self) -> Vec<String> {
        let wrong = self.elements.iter().filter(|e| e.attribute("aria-invalid") == Some("true"));
        let alert = self.elements.iter().position(|e| e.attribute("role") == Some("alert")).unwrap();
        let listed: Vec<_> = self
            .elements
            .iter()
            .filter(|e| e.tag == "a" && e.within.contains(&alert))
            .filter_map(|e| e.attribute("href"))
            .collect();
        wrong
            .map(|element| {
                let id = element.attribute("id").unwrap();
                assert!(listed.contains(&&*format!("#{id}")), "{id} is not in the list of errors");
                assert!(element.attribute("aria-describedby").is_some(), "{element:?}");
                self.name(element)
            })
            .collect()
    }

    pub(crate) fn attributes(&self, name: &str) -> Vec<&str> {
        self.elements.iter().filter_map(|element| element.attribute(name)).collect()
    }

    /// What the elements of a tag say that are within one of these classes.
    pub(crate) fn words_within(&self, classes: &str, tag: &str) -> Vec<String> {
        let is_place = |at: &usize| self.elements[*at].attribute("class") == Some(classes);
        let within = self.all(tag).filter(|element| element.within.iter().any(is_place));
        within.map(|element| element.words.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    }

    /// What the last press did.
    pub(crate) fn status(&self) -> Option<String> {
        let found = self.elements.iter().find(|element| element.attribute("class") == Some("flash"));
        found.map(|element| element.words.clone())
    }

    /// The form with this button.
    #[track_caller]
    pub(crate) fn form(&self, button: &str) -> Form {
        let found = self.all("button").find(|element| self.name(element) == button);
        let found = found.unwrap_or_else(|| panic!("{button}: {:?}", self.names_of("button")));
        let at = match found.attribute("form") {
            Some(id) => self.elements.iter().position(|form| form.attribute("id") == Some(id)).unwrap(),
            None => *found.within.iter().rfind(|&&at| self.elements[at].tag == "form").unwrap(),
        };
        let form = &self.elements[at];
        let inside = self.elements.iter().filter(|element| element.within.contains(&at));
        let fields = inside.filter_map(|element| Some((element.attribute("name")?, element)));
        let fields = fields.filter_map(|(name, element)| Some((name.to_owned(), self.value(element)?)));
        let mut fields: Vec<(String, String)> = fields.collect();
        if let Some(name) = found.attribute("name") {
            fields.push((name.to_owned(), found.attribute("value").unwrap_or_default().to_owned()));
        }
        Form { action: form.attribute("action").unwrap().to_owned(), fields }
    }

    /// What a browser would send of a field.
    fn value(&self, element: &Element) -> Option<String> {
        let attribute = |name| element.attribute(name).map(str::to_owned);
        match (&*element.tag, element.attribute("type")) {
            ("input", Some("checkbox" | "radio")) => {
                element.attribute("checked").map(|_| attribute("value").unwrap_or_else(|| "on".to_owned()))
            }
            ("input", _) => Some(attribute("value").unwrap_or_default()),
            ("textarea", _) => {
                Some(element.words.strip_prefix('\n').unwrap_or(&element.words).replace('\n', "\r\n"))
            }
            ("select", _) => {
                let at = self.elements.iter().position(|found| std::ptr::eq(found, element))?;
                let options: Vec<_> =
                    self.all("option").filter(|option| option.within.contains(&at)).collect();
                let chosen = options.iter().find(|option| option.attribute("selected").is_some());
                chosen.or(options.first()).and_then(|option| option.attribute("value")).map(str::to_owned)
            }
            _ => None,
        }
    }

    fn all(&self, tag: &str) -> impl Iterator<Item = &Element> {
        self.elements.iter().filter(move |element| element.tag == tag)
    }

    /// By `aria-label`, a label, or what it says.
    fn name(&self, element: &Element) -> String {
        if let Some(label) = element.attribute("aria-label") {
            return label.to_owned();
        }
        let label = element.attribute("id").and_then(|id| {
            self.elements.iter().find(|label| label.tag == "label" && label.attribute("for") == Some(id))
        });
        label.unwrap_or(element).words.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

impl Element {
    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| &**value)
    }

    fn is_field(&self) -> bool {
        matches!(&*self.tag, "select" | "textarea")
            || self.tag == "input" && self.attribute("type") != Some("hidden")
    }
}

impl Form {
    /// Its fields as a browser would send them, with what was typed.
    #[track_caller]
    pub(crate) fn filled(&self, typed: &[(&str, &str)]) -> String {
        for (name, _) in typed {
            assert!(self.fields.iter().any(|(found, _)| found == name), "no field {name}");
        }
        let mut body = form_urlencoded::Serializer::new(String::new());
        for (name, value) in &self.fields {
            let typed = typed.iter().find(|(found, _)| found == name);
            body.append_pair(name, typed.map_or(value, |(_, typed)| typed));
        }
        body.finish()
    }
}

/// Reads what askama wrote: it is well formed.
fn read(html: &str) -> Vec<Element> {
    let mut elements: Vec<Element> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        say(&mut elements, &open, &rest[..at]);
        rest = &rest[at..];
        let end = end_of_tag(rest);
        let (tag, after) = rest.split_at(end + 1);
        rest = after;
        let tag = &tag[1..tag.len() - 1];
        if let Some(name) = tag.strip_prefix('/') {
            let last = open.pop().unwrap_or_else(|| panic!("</{name}> closes nothing"));
            assert_eq!(elements[last].tag, name, "</{name}>");
        } else if !tag.starts_with('!') {
            let element = element(tag, &open);
            let is_closed = VOID.contains(&&*element.tag) || tag.ends_with('/');
            elements.push(element);
            if !is_closed {
                open.push(elements.len() - 1);
            }
        }
    }
    assert!(open.is_empty(), "left open: {:?}", open.iter().map(|&at| &elements[at].tag).collect::<Vec<_>>());
    elements
}

/// Text counts for everything that it is in, unless something on the way is hidden.
fn say(elements: &mut [Element], open: &[usize], text: &str) {
    let text = unescape(text);
    for &at in open.iter().rev() {
        elements[at].words.push_str(&text);
        if elements[at].attribute("aria-hidden") == Some("true") {
            break;
        }
    }
}

fn end_of_tag(text: &str) -> usize {
    let mut quoted = false;
    let end = text.char_indices().find(|&(_, letter)| {
        quoted ^= letter == '"';
        letter == '>' && !quoted
    });
    end.unwrap().0
}

fn element(tag: &str, open: &[usize]) -> Element {
    let tag = tag.trim_end_matches('/');
    let (name, mut rest) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
    let mut attributes = Vec::new();
    while !rest.trim().is_empty() {
        rest = rest.trim_start();
        let end = rest.find(|letter: char| letter == '=' || letter.is_whitespace()).unwrap_or(rest.len());
        let (key, after) = rest.split_at(end);
        let (value, after) = match after.strip_prefix("=\"") {
            Some(after) => after.split_once('"').unwrap(),
            None => ("", after),
        };
        assert!(!attributes.iter().any(|(found, _)| found == key), "{key} is there twice: {tag}");
        attributes.push((key.to_owned(), unescape(value)));
        rest = after;
    }
    Element { tag: name.to_owned(), attributes, words: String::new(), within: open.to_vec() }
}

fn unescape(text: &str) -> String {
    let table = [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
    table.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}
