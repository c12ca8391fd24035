// Example answers questions from notes with a chain of LangChainGo.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/tmc/langchaingo/chains"
	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/schema"
	"github.com/tmc/langchaingo/vectorstores"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder/builtin"
	fronydb "github.com/fronyai/frony-db/integrations/langchaingo"
)

func main() {
	if err := run(context.Background(), "data", os.Stdout); err != nil {
		slog.Error("example", "error", err)
		os.Exit(1)
	}
}

// run keeps notes in the directory dir and writes answers to w.
func run(ctx context.Context, dir string, w io.Writer) (err error) {
	d, err := db.Open(dir, &db.Options{Embedder: builtin.New()}) // or client.New("http://127.0.0.1:7700", nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	store, err := fronydb.New(d, &fronydb.Options{Collection: "notes"})
	if err != nil {
		return err
	}
	if _, err := store.AddDocuments(ctx, []schema.Document{
		{PageContent: "이사한 날부터 14일 안에 전입신고를 해야 한다.", Metadata: map[string]any{"lang": "ko", "source": "moving.md"}},
		{PageContent: "부산의 겨울은 따뜻하지만 바닷바람이 세다.", Metadata: map[string]any{"lang": "ko", "source": "busan.md"}},
		{PageContent: "Open the rear cover to clear a paper jam.", Metadata: map[string]any{"lang": "en", "source": "printer.md"}},
	}); err != nil {
		return err
	}

	retriever := vectorstores.ToRetriever(store, 1, vectorstores.WithFilters(`lang = "ko"`))
	chain := chains.NewRetrievalQAFromLLM(reader{}, retriever)
	for _, question := range []string{"전입신고는 언제까지 해야 하나요?", "부산 겨울 날씨는 어떤가요?"} {
		answer, err := chains.Run(ctx, chain, question)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s\n  %s\n", question, answer)
	}
	return nil
}

// reader stands in for a language model: it answers with the notes that it is asked about.
type reader struct{}

func (reader) GenerateContent(_ context.Context, messages []llms.MessageContent, _ ...llms.CallOption) (*llms.ContentResponse, error) {
	prompt := fmt.Sprint(messages[len(messages)-1].Parts[0])
	_, prompt, _ = strings.Cut(prompt, "\n\n")
	notes, _, _ := strings.Cut(prompt, "\n\nQuestion:")
	return &llms.ContentResponse{Choices: []*llms.ContentChoice{{Content: notes}}}, nil
}

func (r reader) Call(ctx context.Context, prompt string, options ...llms.CallOption) (string, error) {
	return llms.GenerateFromSinglePrompt(ctx, r, prompt, options...)
}
