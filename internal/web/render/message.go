package render

import "nichoir/internal/i18n"

// MessagePage is the name of the page that shows a MessageView.
const MessagePage = "public/message"

// MessageView is a page that says one thing: an error, an expired link, a mail on its way. Page.Title is its heading.
type MessageView struct {
	Page
	// Drawing is the name of a file of partials/drawings, "" for none.
	Drawing string
	// Body are paragraphs: what happened, and what to do next.
	Body []i18n.Message
	// Action is the next step; the zero Link for none.
	Action Link
	// Reference is the request's id, for people who write to us about an error; "" for none.
	Reference string
}
